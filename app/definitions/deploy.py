"""From a BPMN file to an immutable version: read, judged, its forms, decisions and lanes found, stored once.

Nothing is stored when anything is wrong, and nothing new when nothing is new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from app import diagrams, engine, history
from app.core import clock, jsontext
from app.core.database import Tx, again, writing
from app.core.ids import new_id
from app.definitions import library, timer_starts
from app.definitions.errors import DiagramRefused
from app.definitions.judging import DeploymentContext, Parts, find_parts, lane_names, part_faults, unrunnable
from app.definitions.models import (
    DefinitionFile,
    DefinitionPart,
    DefinitionStart,
    ProcessDefinition,
)
from app.definitions.rights import require_analyst
from app.definitions.sources import Sources
from app.people.actor import Actor
from app.people.lanes import lane_ids


@dataclass(frozen=True, slots=True)
class Deployed:
    """What became of one process of the file."""

    id: int
    key: str
    version: int
    is_new: bool
    findings: Sequence[diagrams.Finding] = field(default_factory=tuple)


@again
def deploy(
    xml: bytes,
    *,
    by: Actor,
    sources: Sources,
    file_name: str = "",
    source: str = "api",
    known: Collection[str] = (),
    executable: bool = False,
) -> list[Deployed]:
    """Deploy every executable process of a file. `known` are process keys that are about to be deployed with it.

    With `executable`, a file in which no process is marked so is marked first, as its author would have done.
    A process whose diagram, forms and decisions are those of its newest version keeps that version, and its timers.
    Raises NotAnalyst, UnreadableDiagram, and DiagramRefused with every finding (`findings`).
    """
    require_analyst(by)
    diagram = diagrams.read(xml)
    if executable and not any(process.executable for process in diagram.processes.values()):
        diagram = diagrams.read(diagrams.marked_executable(xml))
    with writing() as tx:
        context = DeploymentContext(tx.session, sources, {*known, *diagram.processes}, lane_names(diagram))
        findings = list(diagrams.check(diagram, context))
        runnable = [process for process in diagram.processes.values() if process.executable]
        if not any(finding.severity == "error" for finding in findings):
            findings += unrunnable(diagram, runnable) or timer_starts.findings(diagram, runnable)
        findings += [fault for process in runnable for fault in part_faults(process, find_parts(process, sources))]
        if any(finding.severity == "error" for finding in findings) or not runnable:
            raise DiagramRefused(findings=findings)
        done = [_deploy(tx, diagram, process, by, sources, file_name, source, findings) for process in runnable]
        if fresh := [each.id for each in done if each.is_new]:
            library.changed(tx, fresh, by.recorded_id)
        return done


def _deploy(
    tx: Tx,
    diagram: diagrams.Diagram,
    process: diagrams.Process,
    by: Actor,
    sources: Sources,
    file_name: str,
    source: str,
    findings: list[diagrams.Finding],
) -> Deployed:
    parts = find_parts(process, sources)
    content = content_hash(diagram, parts)
    newest = _newest(tx, process.id)
    if newest is not None and newest.hash == content and newest.state == "deployed":
        return Deployed(newest.id, newest.key, newest.version, False, findings)
    row = _row(diagram, process, content, (newest.version if newest else 0) + 1, by, file_name, source)
    _store(tx, row, diagram, parts)
    timer_starts.arrange(tx, row.id, engine.compile(diagram, process.id), row.version)
    lane_ids(tx, process.id, [(lane.path, lane.name or lane.id, lane.names) for lane in process.lanes.values()])
    facts = {"key": row.key, "version": row.version, "hash": content, "source": source}
    stream = history.open_stream(tx, row.id, "definition")
    history.append(tx, stream, [history.Fact("definition.deployed", facts=facts)], by=by.recorded_id)
    return Deployed(row.id, row.key, row.version, True, findings)


def content_hash(diagram: diagrams.Diagram, parts: Parts) -> str:
    """SHA-256 over the diagram and the forms and decisions it uses."""
    said = [diagram.hash, sorted((kind, part, digest(body)) for (kind, part), body in parts.items())]
    return hashlib.sha256(jsontext.dump_bytes(said)).hexdigest()


def digest(body: bytes) -> str:
    """How files are told apart: SHA-256, hex."""
    return hashlib.sha256(body).hexdigest()


def _newest(tx: Tx, key: str) -> ProcessDefinition | None:
    found = (
        sa.select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    )
    return tx.session.scalar(found)


def _row(
    diagram: diagrams.Diagram,
    process: diagrams.Process,
    content: str,
    version: int,
    by: Actor,
    file_name: str,
    source: str,
) -> ProcessDefinition:
    plain = _plain_start(process)
    return ProcessDefinition(
        id=new_id(),
        key=process.id,
        version=version,
        name=process.name or process.id,
        names=dict(process.names) or None,
        hash=content,
        diagram_hash=diagram.hash,
        state="deployed",
        file_name=file_name,
        source=source,
        deployed_at=clock.now(),
        deployed_by_id=by.recorded_id,
        startable=plain is not None or any(it.event.kind == "conditional" for it in diagrams.entrances(process)),
        start_form=plain.form if plain is not None else "",
    )


def _plain_start(process: diagrams.Process) -> diagrams.Node | None:
    for node in process.nodes.values():
        if node.kind == "startEvent" and node.scope == process.id and not node.events:
            return node
    return None


def _store(tx: Tx, row: ProcessDefinition, diagram: diagrams.Diagram, parts: Parts) -> None:
    """The files by content, which part is which, and what starts the process besides a person."""
    for body in (diagram.source, *parts.values()):
        if tx.session.get(DefinitionFile, digest(body)) is None:
            tx.session.add(DefinitionFile(hash=digest(body), body=body))
            tx.session.flush()
    tx.session.add(row)
    tx.session.flush()
    for (kind, part), body in parts.items():
        tx.session.add(DefinitionPart(definition_id=row.id, kind=kind, part_id=part, hash=digest(body)))
    for it in diagrams.entrances(diagram.processes[row.key]):
        name = it.event.name or it.event.ref
        tx.session.add(
            DefinitionStart(
                definition_id=row.id, element=it.node.id, position=it.position, kind=it.event.kind, name=name
            )
        )
    tx.session.flush()

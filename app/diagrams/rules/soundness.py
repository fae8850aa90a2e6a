"""However its choices fall, a case comes to its end: no join waits for ever, and nothing is done twice unmeant."""

from __future__ import annotations

from collections.abc import Iterator

from app.diagrams.context import Context
from app.diagrams.findings import Finding
from app.diagrams.graph import GATEWAYS, judged, scopes, title_of
from app.diagrams.model import Diagram, Node, Process
from app.diagrams.net import net
from app.diagrams.states import Found, Search, Story

RULE = "soundness"
#: steps through the states of one scope; beyond that nothing is said of what was not looked at
_STEPS, _STEPS_A_NODE = 2_000, 30
_TOLD = 3


def check(diagram: Diagram, context: Context) -> Iterator[Finding]:
    for process in judged(diagram):
        for scope, members in scopes(process).items():
            places = net(process, scope, members)
            if places is not None:
                found = Search(places, _STEPS + _STEPS_A_NODE * len(members)).run()
                yield from _stuck(process, found)
                yield from _twice(process, found)
                yield from _never(process, members, found)


def _stuck(process: Process, found: Found) -> Iterator[Finding]:
    for name, (missing, story) in found.stuck.items():
        values = {"join": title_of(process, name), "missing": _listed(process, list(missing))}
        yield _finding(process, name, "stuck", {**values, **_when(process, story)})


def _twice(process: Process, found: Found) -> Iterator[Finding]:
    for name, story in found.twice.items():
        key = "met" if name in found.idle else "twice"
        yield _finding(process, name, key, {"node": title_of(process, name), **_when(process, story)})


def _never(process: Process, members: list[Node], found: Found) -> Iterator[Finding]:
    """Work that only a join which waits for ever could lead to."""
    if found.cut or not found.stuck:
        return
    lost = [each for each in members if _is_work(each) and each.id not in found.came]
    if lost:
        joins = _listed(process, list(found.stuck))
        values = {"nodes": _listed(process, [node.id for node in lost]), "joins": joins}
        yield _finding(process, lost[0].id, "never", values)


def _is_work(node: Node) -> bool:
    aside = node.kind in ("boundaryEvent", "startEvent") or node.for_compensation or node.triggered_by_event
    return bool(node.incoming) and not aside and node.kind not in (*GATEWAYS, "endEvent")


def _when(process: Process, story: Story | None) -> dict[str, str]:
    """The choices that lead there, the last few; none where it comes so in every case."""
    steps = story.told() if story is not None else []
    told = [part for step in steps for part in _choice(step)] or [flow for step in steps for flow in step.way.flows]
    return {"way": _listed(process, told[-_TOLD:])} if told else {}


def _choice(step: Story) -> tuple[str, ...]:
    if step.way.by:
        return (step.way.by,)
    plain = [way for way in step.spot.ways if not way.by]
    return step.way.flows if len(plain) > 1 else ()  # that no event comes is told only where nothing else was chosen


def _listed(process: Process, elements: list[str]) -> str:
    return ", ".join(title_of(process, element) for element in elements[:5])


def _finding(process: Process, element: str, key: str, values: dict[str, str]) -> Finding:
    always = ".always" if key in ("stuck", "twice", "met") and "way" not in values else ""
    return Finding(RULE, "warning", element, process.nodes[element].line, f"rules.{RULE}.{key}{always}", values)

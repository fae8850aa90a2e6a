"""What the drawing island and the outline beside it are given."""

from __future__ import annotations

from app.core.translations import pick
from app.diagrams.model import Diagram, Flow, Lane, Node
from app.instances.story import Path
from app.web.language import language


def node_names(diagram: Diagram, key: str) -> dict[str, str]:
    """Names in the reader's language by element, for the drawing and the lists beside it."""
    process, lang = diagram.processes[key], language()
    things: list[Node | Flow | Lane] = [*process.nodes.values(), *process.flows.values(), *process.lanes.values()]
    names = {each.id: each.names.get(lang) or each.name for each in things if each.name}
    pools = diagram.pools.values()
    return names | {pool.id: pool.names.get(lang) or pool.name for pool in pools if pool.name}


def is_drawn(diagram: Diagram, key: str) -> bool:
    """Whether the file says where things stand: a process written by hand may have no picture."""
    return any(node.box for node in diagram.processes[key].nodes.values())


def about(diagram: Diagram, key: str) -> str:
    """What a process is for, in the reader's language, as its drawing says."""
    process = diagram.processes[key]
    return pick(dict(process.documentations), language(), process.documentation)


def counted(path: Path | None) -> dict[str, str]:
    """Badges: how often a step was done, where more than once."""
    return {element: f"{count}×" for element, count in path.counts.items()} if path else {}

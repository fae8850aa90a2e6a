"""BPMN files as immutable graphs, and the rules that judge them. No database, no Flask."""

from app.diagrams.check import check
from app.diagrams.context import Context, Nothing
from app.diagrams.entrances import Entrance, entrances
from app.diagrams.findings import Finding
from app.diagrams.marking import marked_executable
from app.diagrams.model import Diagram, Expression, Flow, Lane, Node, Process
from app.diagrams.parsing import MOST_BYTES, UnreadableDiagram
from app.diagrams.read import read

__all__ = [
    "MOST_BYTES",
    "Context",
    "Diagram",
    "Entrance",
    "Expression",
    "Finding",
    "Flow",
    "Lane",
    "Node",
    "Nothing",
    "Process",
    "UnreadableDiagram",
    "check",
    "entrances",
    "marked_executable",
    "read",
]

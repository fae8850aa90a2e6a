"""The record: one chain of facts per stream, erasable payloads, projections that can be rebuilt.

Events are only ever appended, in the transaction of the move that made them true.
"""

from app.history.append import Fact, Stream, append, open_stream, record, stream_of
from app.history.erase import erase
from app.history.models import PEOPLE, SYSTEM, FieldChange, HistoryEvent, HistoryPayload, HistoryStream, StepRow

__all__ = [
    "PEOPLE",
    "SYSTEM",
    "Fact",
    "FieldChange",
    "HistoryEvent",
    "HistoryPayload",
    "HistoryStream",
    "StepRow",
    "Stream",
    "append",
    "erase",
    "open_stream",
    "record",
    "stream_of",
]

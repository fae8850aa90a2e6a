"""Figures for Prometheus: how much work there is, what is stuck, and what the process takes."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.queue import Job
from app.instances.models import Incident, Message, ProcessInstance, Timer
from app.tasks.models import Task

#: (labels, value)
_Sample = tuple[str, float]


def text(session: Session) -> str:
    """Everything, one family after the other."""
    families = [
        ("laneway_tasks", "gauge", "Live tasks by state", _by_state(session, Task.state, ("open", "claimed"))),
        (
            "laneway_instances",
            "gauge",
            "Cases that are not over, by state",
            _by_state(session, ProcessInstance.state, ("running", "suspended")),
        ),
        ("laneway_incidents", "gauge", "Incidents by state", _by_state(session, Incident.state, ("open",))),
        ("laneway_jobs", "gauge", "Jobs by state", _by_state(session, Job.state, ("waiting", "running", "failed"))),
        (
            "laneway_messages",
            "gauge",
            "Messages that nobody took yet",
            _by_state(session, Message.state, ("waiting",)),
        ),
        ("laneway_timers_overdue", "gauge", "Timers of running cases that should have fired", _overdue(session)),
        *_process(),
    ]
    return "".join(_family(*each) for each in families)


def _by_state(session: Session, column: sa.orm.InstrumentedAttribute[str], states: tuple[str, ...]) -> list[_Sample]:
    counted = sa.select(column, sa.func.count()).where(column.in_(states)).group_by(column)
    found = {row[0]: row[1] for row in session.execute(counted)}
    return [(f'{{state="{state}"}}', found.get(state, 0)) for state in states]


def _overdue(session: Session) -> list[_Sample]:
    counted = (
        sa.select(sa.func.count())
        .select_from(Timer)
        .join(ProcessInstance, ProcessInstance.id == Timer.instance_id)
        .where(Timer.due_at < clock.now(), ProcessInstance.state == "running")
    )
    return [("", session.scalar(counted) or 0)]


def _process() -> list[tuple[str, str, str, list[_Sample]]]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [
        ("process_cpu_seconds_total", "counter", "CPU time of the process", [("", used.ru_utime + used.ru_stime)]),
        ("process_resident_memory_bytes", "gauge", "Memory of the process", [("", _resident(used.ru_maxrss))]),
    ]


def _resident(peak: int) -> int:
    """What it takes now; where the machine does not say, the most it ever took (KiB, on macOS bytes)."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return peak if sys.platform == "darwin" else peak * 1024


def _family(name: str, kind: str, words: str, samples: Iterable[_Sample]) -> str:
    lines = [f"{name}{labels} {value:.15g}\n" for labels, value in samples]
    return f"# HELP {name} {words}\n# TYPE {name} {kind}\n" + "".join(lines)

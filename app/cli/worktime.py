"""`laneway worktime START END`: how much working time lies between two moments."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core.calendars import Calendar, china
from app.core.errors import LanewayError

_CALENDARS = {"cn": china}
_MINUTE = timedelta(minutes=1)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("worktime", help="working time between two moments, in minutes")
    parser.add_argument("start", help="ISO 8601, for example 2026-11-24T09:00; without a zone: Asia/Shanghai")
    parser.add_argument("end", help="ISO 8601; an earlier moment than the start gives a negative number")
    parser.add_argument("--calendar", default="cn", choices=sorted(_CALENDARS), help="which calendar (cn)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    calendar = _CALENDARS[args.calendar]()
    try:
        start, end = _moment("START", args.start, calendar), _moment("END", args.end, calendar)
        worked = calendar.between(start, end)
    except (LanewayError, OverflowError, ValueError) as fault:
        sys.stderr.write(f"laneway worktime: {fault}\n")
        return 2
    answer = _answer(worked, calendar)
    for moment in (start, end):
        if not calendar.covers(moment):
            _warn(calendar, moment)
    sys.stdout.write(f"{json.dumps(answer) if args.json else answer['minutes']}\n")
    return 0


def _answer(worked: timedelta, calendar: Calendar) -> dict[str, Any]:
    whole, rest = divmod(worked, _MINUTE)
    return {"minutes": worked / _MINUTE if rest else whole, "calendar_version": calendar.version}


def _moment(place: str, text: str, calendar: Calendar) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise ValueError(f"{place} is not an ISO 8601 moment: {text!r}") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(calendar.zone))


def _warn(calendar: Calendar, moment: datetime) -> None:
    sys.stderr.write(
        f"warning: the holidays around {calendar.local(moment).date()} are not known to the calendar "
        f"{calendar.name} ({calendar.valid_from} to {calendar.valid_through}); only its week was applied\n"
    )

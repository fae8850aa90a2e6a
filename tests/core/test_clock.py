"""One source of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core import clock
from app.core.clock import FakeClock, now, running_on


def test_it_is_now_and_utc() -> None:
    before = datetime.now(UTC)
    assert before <= now() <= datetime.now(UTC)
    assert now().tzinfo is UTC


def test_a_frozen_clock_stands_until_it_is_moved_and_the_real_one_comes_back() -> None:
    frozen = FakeClock(datetime(2026, 5, 6, tzinfo=UTC))
    with running_on(frozen):
        assert now() == now() == frozen.at
        frozen.at += timedelta(days=1)
        assert now().day == 7
    assert now().year > 2020
    assert clock._source is clock._system


def test_whatever_zone_the_source_is_in_the_moment_is_utc() -> None:
    with running_on(FakeClock(datetime.fromisoformat("2026-12-31T23:59:59+08:00"))):
        assert now().isoformat() == "2026-12-31T15:59:59+00:00"


def test_the_real_clock_comes_back_after_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), running_on(FakeClock(datetime(2026, 5, 6, tzinfo=UTC))):
        _ = 1 / 0
    assert clock._source is clock._system

"""Ids ascend, and nobody gets one twice: not in threads, not after a fork, not when the clock is turned back."""

from __future__ import annotations

import os
from threading import Barrier, Thread

import pytest

from app.core import ids
from app.core.ids import new_id


def test_each_is_larger_than_the_one_before_and_fits_into_63_bits() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert 0 < made[0] < made[-1] < 2**63


def test_threads_share_none() -> None:
    barrier, made = Barrier(8), [[] for _ in range(8)]

    def make(place: int) -> None:
        barrier.wait()
        made[place] = [new_id() for _ in range(3000)]

    threads = [Thread(target=make, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each for part in made for each in part}) == 24_000
    assert all(part == sorted(part) for part in made)


def test_a_clock_that_is_turned_back_makes_none_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(ids.time, "time", lambda: 1_704_067_200.0)
    assert [new_id(), new_id()] == [before + 1, before + 2]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parent and child in the same millisecond, with the lock held: the child neither hangs nor repeats an id."""
    moment = ids.time.time()
    monkeypatch.setattr(ids.time, "time", lambda: moment)
    monkeypatch.setattr(ids, "_node", 5)
    monkeypatch.setattr(ids.secrets, "randbits", lambda bits: 4)
    new_id()
    reader, writer = os.pipe()
    with ids._lock:
        child = os.fork()
        if child == 0:
            try:
                made = [new_id() for _ in range(100)]
                os.write(writer, " ".join(map(str, made)).encode())
            finally:
                os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        made = list(map(int, told.read().split()))
    os.waitpid(child, 0)
    assert len(made) == 100
    assert not {new_id() for _ in range(100)} & set(made)

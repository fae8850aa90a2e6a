"""What is kept of deployed content: bounded, shared between threads, never another version's."""

from __future__ import annotations

from random import Random
from threading import Barrier, Thread

import pytest

from app.definitions import library


@pytest.fixture(autouse=True)
def _empty() -> None:
    library.forget()


def test_what_was_not_used_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_MOST", 3)
    made: list[int] = []

    def get(key: int) -> int:
        return library._once(key, lambda: made.append(key) or key)

    for key in (1, 2, 3, 1, 4):
        assert get(key) == key
    assert made == [1, 2, 3, 4]
    get(1)
    assert made == [1, 2, 3, 4]
    get(2)
    assert made == [1, 2, 3, 4, 2]
    assert len(library._kept) == 3


def test_many_threads_never_miss_what_they_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_MOST", 5)
    barrier, wrong = Barrier(4), []

    def ask(seed: int) -> None:
        random = Random(seed)
        barrier.wait()
        try:
            for _ in range(3000):
                key = random.randrange(20)
                if library._once(key, lambda key=key: key) != key:
                    wrong.append(key)
        except Exception as fault:  # noqa: BLE001  the test looks at it
            wrong.append(fault)

    threads = [Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(library._kept) == 5

"""Ten thousand real drawings with faults: each is refused clearly, or read, judged, built and started."""

from __future__ import annotations

import pytest

from tests.cpu import spent
from tests.diagrams.mutations import lived_through, mutated

SECONDS = 2.0
MANY = 1_000


@pytest.mark.parametrize("thousand", range(10))
def test_a_real_drawing_with_faults_is_refused_clearly_or_harmless(thousand: int) -> None:
    came: dict[str, int] = {}
    for seed in range(thousand * MANY, (thousand + 1) * MANY):
        xml = mutated(seed)
        with spent() as cpu:
            try:
                how = lived_through(xml)
            except Exception as fault:
                raise AssertionError(f"seed {seed}") from fault
        assert cpu.seconds < SECONDS, f"seed {seed}"
        came[how] = came.get(how, 0) + 1
    assert came.keys() == {"unreadable", "refused", "started"}
    assert min(came.values()) > MANY / 10

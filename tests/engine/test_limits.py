"""Long, wide and endless: what a case costs does not grow with its age, nor with how many stand beside."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable

import pytest

from app import engine
from app.engine import budget, limits
from app.engine.step import Step
from tests.cpu import spent
from tests.engine.drawing import Made, boundary, many, repeat, script, service, sub, task, tokens, user
from tests.engine.story import Story


def cpu(work: Callable[[], object]) -> float:
    with spent() as found:
        work()
    return found.seconds


def bytes_of(story: Story) -> int:
    return sum(len(blob) for blob in story.dumped.changed.values())


# -- age ---------------------------------------------------------------------------------------------------------------

REWORK = ("start -> xor1 -> ask -> s -> xor2 -[ok]-> end", "xor2 -[else]-> xor1", "late -> call -> end2")


@pytest.mark.parametrize("stored", [False, True])
def test_the_3000th_round_of_rework_costs_what_the_tenth_does(stored: bool) -> None:
    story = Story(
        *REWORK, s=script("n + 1", "n"), late=boundary("ask", "timer", duration="P1D"), stored=stored, balanced=False,
        data={"n": 100_000},
    )  # fmt: skip

    def rounds(number: int) -> tuple[int, int, int]:
        for _ in range(number):
            story.told.clear()
            story.answer("ask", ok=False)
        return len(story.news), len(story.pieces), bytes_of(story)

    rounds(10)
    early = cpu(lambda: rounds(90))
    told, pieces, size = rounds(10)
    rounds(2790)
    late = cpu(lambda: rounds(90))
    assert rounds(10)[:2] == (told, pieces) == (12, 1)
    assert bytes_of(story) <= size + 16, "only the numbers of the steps have grown"
    assert size < 700
    assert late < early * 2.5, "measured on a busy machine; it was 61/0.8 before steps left the tree"
    assert len(story.live.waiting()) == 2
    story.answer("ask", ok=True)
    assert story.data["n"] == 103_001


def test_3000_rounds_of_a_loop_activity_stay_small() -> None:
    story = Story("start -> ask -> after -> end", ask=user(loop=repeat("not(ok)")), balanced=False)
    sizes = []
    for _ in range(3000):
        story.told.clear()
        story.answer("ask", ok=False)
        sizes.append((len(story.pieces), bytes_of(story)))
    assert max(sizes[1:]) <= (3, sizes[9][1] + 16)
    story.answer("ask", ok=True)
    assert story.open == ["after"]


@pytest.mark.parametrize("made", [user(loop=repeat("not(ok)")), sub("start2 -> ask -> end2", loop=repeat("not(ok)"))])
def test_a_case_kept_warm_forgets_what_is_over(made: Made) -> None:
    lines = ("start -> ask -> end",) if made.kind == "userTask" else ("start -> part -> end",)
    story = Story(*lines, stored=False, balanced=False, **{lines[0].split(" -> ")[1]: made})
    for _ in range(300):
        story.answer("ask", ok=False)
    kept = [value for value in vars(story.live).values() if isinstance(value, dict | set | list | deque)]
    assert sum(len(value) for value in kept) < 20


def test_automatic_rounds_beyond_every_depth_run_in_one_move_where_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "ROUNDS", 2500)
    story = Story(
        "start -> xor1 -> s -> xor2 -[n < 2500]-> xor1", "xor2 -[else]-> end", s=script("n + 1", "n"), data={"n": 0},
        balanced=False,
    )  # fmt: skip
    assert (story.ended, story.data["n"]) == ("completed", 2500)


# -- width -------------------------------------------------------------------------------------------------------------


def test_finishing_one_of_a_thousand_touches_as_much_as_finishing_one_of_ten() -> None:
    def one_of(count: int) -> tuple[int, int, int]:
        story = Story(
            "start -> ask -> after -> end", data={"list": list(range(1000, 1000 + count))}, balanced=False,
            ask=user(loop=many("list", each="n", into="all", yields="mark")),
        )  # fmt: skip
        assert len(story.all(engine.TaskReached)) == count
        ref = story.all(engine.TaskReached)[count // 2].ref
        fetched: list[str] = []
        fetch, story.fetch = story.fetch, lambda path: fetched.append(path) or fetch(path)  # type: ignore[func-returns-value]
        story.do(engine.TaskDone(ref, {"mark": 5}))
        assert fetched == []
        return len(story.dumped.changed), len(story.dumped.removed), bytes_of(story)

    ten, thousand = one_of(10), one_of(1000)
    assert thousand[:2] == ten[:2] == (2, 0), "the instance and the counters; never the case's root, nor a sibling"
    assert thousand[2] <= ten[2] + 16
    assert thousand[2] < 500


def test_a_thousand_instances_run_to_the_end_in_their_order() -> None:
    story = Story(
        "start -> ask -> after -> end", data={"list": list(range(1000))}, stored=False, balanced=False,
        ask=user(loop=many("list", each="n", into="all", yields="mark")),
    )  # fmt: skip
    tasks = story.all(engine.TaskReached)

    def answer(some: list[engine.TaskReached]) -> None:
        for it in some:
            story.do(engine.TaskDone(it.ref, {"mark": it.item * 2}))

    first = cpu(lambda: answer(tasks[999:749:-1]))
    answer(tasks[250:750])
    last = cpu(lambda: answer(tasks[1:250]))
    assert last < first * 2.5
    answer(tasks[:1])
    assert story.data["all"] == [n * 2 for n in range(1000)]
    assert list(story.pieces) == [""]


def test_a_thousand_waiting_instances_are_cancelled_once_each() -> None:
    story = Story(
        "start -> ask -> after -> end", "stop -> note -> end2", data={"list": list(range(1000))},
        ask=user(loop=many("list", each="n")), stop=boundary("ask", "message", "stop"),
    )  # fmt: skip
    story.message("stop")
    assert len({it.ref for it in story.all(engine.TaskWithdrawn)}) == 1000
    assert (story.open, list(story.pieces)) == (["note"], [""])


def branches(count: int) -> Story:
    lines = ["start -> and1", "and2 -> end", *(f"and1 -> t{number} -> and2" for number in range(count))]
    return Story(*lines, stored=False, balanced=False)


def test_200_branches_meet_again() -> None:
    def run(count: int) -> Callable[[], None]:
        story = branches(count)

        def answer() -> None:
            for it in story.all(engine.TaskReached):
                assert not story.ended
                story.do(engine.TaskDone(it.ref))
            assert story.ended == "completed"

        return answer

    run(50)()
    hundred = min(cpu(run(100)) for _ in range(3))
    two_hundred = min(cpu(run(200)) for _ in range(3))
    assert two_hundred < hundred * 6, "it was measured at 16 times with a tree"


def test_24_parallel_blocks_in_a_row_start_and_run() -> None:
    lines = ["start -> s0"]
    for block in range(24):
        lines += [f"s{block} -> and_{block} -> a{block} -> and_{block}x -> s{block + 1}"]
        lines += [f"and_{block} -> b{block} -> and_{block}x"]
    lines += ["s24 -> end"]
    nodes = {f"{letter}{number}": task() for letter in "sab" for number in range(25)}
    used = {name: made for name, made in nodes.items() if name not in ("a24", "b24")}
    story = Story(*lines, **used)
    assert story.ended == "completed"
    assert len(story.trace) == 2 + 25 + 24 * 4


def test_a_chain_of_2000_tasks_is_built_started_and_run() -> None:
    names = [f"t{number}" for number in range(2000)]
    nodes: dict[str, Made] = {name: task() for name in names[:-1]}
    story = Story("start -> " + " -> ".join(names) + " -> end", balanced=False, **nodes)
    assert story.open == ["t1999"]
    story.answer("t1999")
    assert (story.ended, len(story.trace)) == ("completed", 2002)


def test_30_sub_processes_inside_each_other_run() -> None:
    made = sub("start_0 -> work -> end_0")
    for level in range(1, 30):
        made = sub(f"start_{level} -> p{level} -> end_{level}", **{f"p{level}": made})
    story = Story("start -> p -> end", p=made)
    story.answer("work")
    assert story.ended == "completed"


def test_sub_processes_deeper_than_a_ref_has_room_for_are_an_incident() -> None:
    made = sub("work")
    for level in range(60):
        made = sub(f"p{level}", **{f"p{level}": made})
    story = Story("start -> p -> end", p=made)
    assert story.last(engine.Failed).code == "too-deep"
    assert max(len(it.ref) for it in story.all(engine.StepEntered)) <= 80


@pytest.mark.parametrize("loop", [many("list", each="n"), many("list", each="n", sequential=True)])
def test_the_refs_in_a_wide_and_deep_place_have_room_too(loop: object) -> None:
    """The longest ref that may open a scope, with the most instances and very many rounds inside."""
    assert limits.REF + len(f"/{limits.INSTANCES}/999999999") <= 80
    story = Story(
        "start -> ask -> end", ask=user(loop=loop), data={"list": list(range(limits.INSTANCES))}, balanced=False
    )
    assert all(len(path) <= limits.REF + 5 for path in story.pieces)


# -- without end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "nodes"),
    [
        (("start -> xor1 -> s -> xor1",), {"s": script("1", "x")}),
        (("start -> and1 -> xor1 -> s -> xor1", "and1 -> xor2 -> t -> xor2"), {"s": task(), "t": task()}),
        (("start -> xor1 -> part -> xor1",), {"part": sub("start2 -> end2")}),
        (("start -> or1 -> s -> or1",), {"s": task()}),
        (("start -> xor1 -> and1 -> xor1", "and1 -> xor1"), {}),  # twice as many tokens in every round
        (("start -> s -> end",), {"s": task(loop=repeat("true"))}),
        (("start -> s -> end",), {"s": sub("a -> b -> c", a=task(), b=task(), c=task(), loop=repeat("true"))}),
    ],
)
def test_an_endless_loop_is_an_incident_within_a_second(lines: tuple[str, ...], nodes: dict[str, Made]) -> None:
    with spent() as found:
        story = Story(*lines, balanced=False, **nodes)
    assert found.seconds < 1.5, "a second, and something for a busy machine"
    [failed] = story.all(engine.Failed)
    assert failed.code in ("endless-loop", "too-many")
    assert story.live.waiting()
    story.cancel()
    assert story.ended == "cancelled"


def test_a_loop_through_a_person_or_a_service_is_never_endless() -> None:
    story = Story("start -> xor1 -> it -> xor1", it=service(), balanced=False)
    for _ in range(limits.STEPS // 20):
        story.serve("it")
    assert story.all(engine.Failed) == []


def test_a_loop_is_told_from_long_work_by_where_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROUNDS", 20)
    work = script("1", "x", loop=many(cardinality="100"))
    assert Story("start -> work -> end", work=work).ended == "completed"
    again = Story("start -> xor1 -> s -> xor2 -[n < 21]-> xor1", "xor2 -[else]-> end", s=script("n + 1", "n"),
                  data={"n": 0}, balanced=False)  # fmt: skip
    assert again.last(engine.Failed).code == "endless-loop"
    again.retry(again.last(engine.Failed).element)
    assert again.ended == "completed"


def test_a_loop_of_costly_expressions_is_stopped_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LOOP_SECONDS", 0.0)
    story = Story("start -> xor1 -> s -> xor2 -[true]-> xor1", "xor2 -[else]-> end", s=script("n + 1", "n"),
                  data={"n": 0}, balanced=False)  # fmt: skip
    assert "seconds of computing" in story.last(engine.Failed).message
    assert story.data["n"] < 100


def test_a_value_that_grows_in_a_loop_is_stopped_before_the_memory_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "VOLUME", 10_000)
    story = Story("start -> xor1 -> s -> xor2 -[true]-> xor1", "xor2 -[else]-> end", s=script("x + x", "x"),
                  data={"x": "a"}, balanced=False)  # fmt: skip
    assert "grow in a loop" in story.last(engine.Failed).message
    assert len(story.data["x"]) < 20_000


def test_what_the_collector_takes_is_no_computing_of_a_move(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes through all that a server holds, and comes whenever it likes."""

    class Collects:
        """A clock on which one collection takes an hour."""

        now = 0.0

        def thread_time(self) -> float:
            return self.now

    clock = Collects()
    monkeypatch.setattr(budget, "time", clock)

    def collect() -> None:
        budget._note("start", {})
        clock.now += 3600.0
        budget._note("stop", {})

    monkeypatch.setattr(gc, "callbacks", [])
    monkeypatch.setattr(Step, "run", lambda step, run=Step.run: (collect(), run(step))[1])
    story = Story("start -> two -> end", two=tokens(script("1", "x"), gives=30))
    assert story.ended == "completed"
    assert clock.now > 3600 * 20

"""`laneway trace`, clause by clause, as analysts and scripts call it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.engine import limits
from tests.cli.trace.sketch import (
    call,
    content,
    diagram,
    error,
    event,
    inputs,
    many,
    message,
    process,
    repeat,
    script,
    service,
    signal,
    timer,
    trigger,
    user,
)
from tests.cpu import spent

MONDAY = "2026-11-23T09:00+08:00"
LATE = event("boundaryEvent", "late", timer(duration="PT1H"), 'attachedToRef="ask"')
Said = dict[str, Any]


#: a trigger that BPMN does not allow on the way
ODD = '<bpmn:intermediateThrowEvent id="odd"><bpmn:terminateEventDefinition/></bpmn:intermediateThrowEvent>'


class Desk:
    """A folder with drawings, and the command at hand."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys
        self.err = ""

    def file(self, *processes: str, more: str = "", name: str = "p.bpmn") -> Path:
        path = self.folder / name
        path.write_bytes(diagram(*processes, more=more))
        return path

    def trace(
        self, file: Path, *options: str, status: int = 0, answers: Any = None, steps: Any = None, inputs: Any = None
    ) -> Said:
        arguments = ["trace", str(file), "--json", "--now", MONDAY, *options]
        for option, value in (("answers", answers), ("steps", steps)):
            if value is not None:
                path = self.folder / f"{option}.json"
                path.write_text(json.dumps(value), encoding="utf-8")
                arguments += [f"--{option}", str(path)]
        if inputs is not None:
            arguments += ["--inputs", json.dumps(inputs)]
        ended = main(arguments)
        out, self.err = self.capsys.readouterr()
        assert ended == status, (out, self.err)
        said: Said = json.loads(out) if out else {}
        return said


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def way(said: Said) -> list[str]:
    """The elements in order; with the event where it is not "completed"."""
    return [it["element"] if it["event"] == "completed" else f"{it['element']} {it['event']}" for it in said["trace"]]


def waits(said: Said) -> list[str]:
    return [it["element"] for it in said["waiting"]]


# -- what comes out ------------------------------------------------------------------------------------------------


def test_the_document_says_state_trace_waiting_data_and_error(desk: Desk) -> None:
    ask = user("ask", name="Ask the customer")
    drawn = process("start -> ask -> end", lanes={"客服部": "start ask end"}, ask=ask)
    said = desk.trace(desk.file(drawn), answers={"ask": {"amount": 5}}, inputs={"channel": "app"})
    assert {key: said[key] for key in ("state", "waiting", "data", "error")} == {
        "state": "completed",
        "waiting": [],
        "data": {"amount": 5, "channel": "app"},
        "error": None,
    }
    assert said["trace"][1] == {
        "element": "ask",
        "name": "Ask the customer",
        "type": "userTask",
        "lane": "客服部",
        "event": "completed",
        "process": "p",
        "instance": 1,
    }
    assert way(said) == ["start", "ask", "end"]
    assert desk.err == ""


def test_the_lane_is_the_innermost_one(desk: Desk) -> None:
    inner = '<bpmn:childLaneSet><bpmn:lane id="team" name="授信组"><bpmn:flowNodeRef>ask</bpmn:flowNodeRef></bpmn:lane>'
    outer = '<bpmn:lane id="dept" name="业务部"><bpmn:flowNodeRef>start</bpmn:flowNodeRef>'
    refs = "<bpmn:flowNodeRef>ask</bpmn:flowNodeRef><bpmn:flowNodeRef>end</bpmn:flowNodeRef>"
    lanes = f"<bpmn:laneSet>{outer}{refs}{inner}</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    drawn = process("start -> ask -> end").replace("<bpmn:startEvent", f"{lanes}<bpmn:startEvent", 1)
    assert [it["lane"] for it in desk.trace(desk.file(drawn))["trace"]] == ["业务部", "授信组", "业务部"]


def test_without_json_it_is_a_table_that_people_read(desk: Desk) -> None:
    ask, check = user("ask", name="Ask"), user("check", name="客户核查")
    drawn = process(
        "start -> ask -> check -> end", lanes={"客服部": "start ask", "运营": "check end"}, ask=ask, check=check
    )
    file = desk.file(drawn)
    (desk.folder / "answers.json").write_text('{"ask": {"amount": 5}, "check": null}', encoding="utf-8")
    assert main(["trace", str(file), "--answers", str(desk.folder / "answers.json")]) == 0
    assert desk.capsys.readouterr().out == (
        f"{file}: waiting\n"
        "\n"
        "Path\n"
        "  no  lane    name  element  type        event\n"
        "  1   客服部        start    startEvent  completed\n"
        "  2   客服部  Ask   ask      userTask    completed\n"
        "\n"
        "Waits\n"
        "  lane  name      element  type      for\n"
        "  运营  客户核查  check    userTask\n"
        "\n"
        "Data\n"
        "  amount  5\n"
    )
    assert main(["trace", str(file), "--lang", "zh"]) == 0
    assert "已完成" in desk.capsys.readouterr().out


# -- people and services -------------------------------------------------------------------------------------------


def test_who_has_no_answer_answers_nothing(desk: Desk) -> None:
    said = desk.trace(desk.file(process("start -> ask -> end")))
    assert (said["state"], said["data"]) == ("completed", {})


def test_an_answer_null_leaves_the_task_open(desk: Desk) -> None:
    said = desk.trace(desk.file(process("start -> ask -> end")), answers={"ask": None})
    assert (said["state"], way(said)) == ("waiting", ["start"])
    assert [(it["element"], it["type"]) for it in said["waiting"]] == [("ask", "userTask")]


def test_several_answers_come_in_turn_and_then_empty_ones(desk: Desk) -> None:
    file = desk.file(process("start -> xor0 -> ask -> xor -[ok = true]-> end", "xor -[else]-> xor0"))
    said = desk.trace(file, answers={"ask": [{"ok": False}, {"note": "once more"}, {"ok": True}]})
    assert way(said).count("ask") == 3
    assert said["data"] == {"ok": True, "note": "once more"}
    said = desk.trace(file, answers={"ask": [{"ok": False}, None]})
    assert (way(said).count("ask"), waits(said)) == (1, ["ask"])


def test_one_answer_is_for_every_time(desk: Desk) -> None:
    ask = user("ask", many("[1, 2, 3]", "item"))
    said = desk.trace(desk.file(process("start -> ask -> end", ask=ask)), answers={"ask": None})
    assert waits(said) == ["ask"] * 3


def test_an_answer_that_nobody_asks_for_is_told(desk: Desk) -> None:
    desk.trace(desk.file(process("start -> ask -> end")), answers={"aks": {}})
    assert desk.err == "laneway trace: aks has an answer and never asked for one\n"


def test_a_service_answers_with_a_result_or_with_nothing(desk: Desk) -> None:
    file = desk.file(process("start -> rate -> end", rate=service("rate")))
    assert desk.trace(file, answers={"rate": {"score": 7}})["data"] == {"score": 7}
    assert desk.trace(file)["data"] == {}
    said = desk.trace(file, answers={"rate": None})
    assert (said["state"], waits(said)) == ("waiting", ["rate"])


def test_an_error_of_a_service_goes_to_its_boundary_event(desk: Desk) -> None:
    no = event("boundaryEvent", "no", trigger("error", "E"), 'attachedToRef="rate"')
    file = desk.file(
        process("start -> rate -> end", "no -> tell -> end2", rate=service("rate"), no=no), more=error("E", "NO")
    )
    said = desk.trace(file, answers={"rate": {"@error": "NO"}})
    assert (said["state"], said["error"]) == ("completed", None)
    assert way(said) == ["start", "rate error", "no caught", "tell", "end2"]
    said = desk.trace(file, answers={"rate": {"@error": "OTHER", "@message": "broken"}}, status=1)
    assert said["state"] == "failed"
    assert said["error"] == {"element": "rate", "message": "broken", "code": "OTHER"}


# -- loops ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sequential", [False, True])
def test_a_multi_instance_shows_each_round_and_no_whole(desk: Desk, sequential: bool) -> None:
    ask = user("ask", many('["a", "b", "c"]', "item", sequential=sequential))
    said = desk.trace(desk.file(process("start -> ask -> end", ask=ask)))
    assert way(said) == ["start", "ask", "ask", "ask", "end"]


def test_a_sub_process_done_several_times_shows_its_rounds(desk: Desk) -> None:
    inside = content("start2 -> ask -> end2")
    each = f'<bpmn:subProcess id="each">{many("[1, 2]", "item", sequential=True)}{inside}</bpmn:subProcess>'
    said = desk.trace(desk.file(process("start -> each -> end", each=each)))
    assert way(said) == ["start", *["start2", "ask", "end2", "each"] * 2, "end"]


def test_a_standard_loop_shows_its_rounds(desk: Desk) -> None:
    ask = user("ask", repeat("more = true"))
    said = desk.trace(
        desk.file(process("start -> ask -> end", ask=ask)), answers={"ask": [{"more": True}, {"more": False}]}
    )
    assert way(said) == ["start", "ask", "ask", "end"]


def test_nothing_to_do_shows_nothing(desk: Desk) -> None:
    ask = user("ask", many("[]", "item"))
    assert way(desk.trace(desk.file(process("start -> ask -> end", ask=ask)))) == ["start", "end"]


def test_rounds_that_are_cut_short_are_cancelled_and_the_whole_is_not_told(desk: Desk) -> None:
    drawn = process("start -> ask -> end", "late -> end2", ask=user("ask", many("[1, 2]", "item")), late=LATE)
    said = desk.trace(desk.file(drawn), "--advance", "PT1H", answers={"ask": [{}, None]})
    assert way(said) == ["start", "ask", "ask cancelled", "late caught", "end2"]


def test_a_call_that_repeats_itself_shows_the_rounds_of_each_level(desk: Desk) -> None:
    calls = call("again", "p", many("if count(todo) = 0 then [] else [[], []]", "todo"))
    said = desk.trace(desk.file(process("start -> again -> end", again=calls)), inputs={"todo": [1]})
    assert way(said) == ["start", "start", "start", "end", "again", "end", "again", "end"]


# -- several cases in one world ------------------------------------------------------------------------------------

ORDER = message("order")
REPLY = message("reply")


def _partners(**said: bool) -> list[str]:
    buyer = process(
        "start -> send -> wait -> end",
        key="buyer",
        send=event("intermediateThrowEvent", "send", trigger("message", "order"), inner=inputs(amount="amount")),
        wait=event("intermediateCatchEvent", "wait", trigger("message", "reply")),
    )
    seller = process(
        "begin -> sell -> answer",
        key="seller",
        begin=event("startEvent", "begin", trigger("message", "order")),
        answer=event("endEvent", "answer", trigger("message", "reply"), inner=inputs(price="amount * 2")),
        **said,  # type: ignore[arg-type]
    )
    return [buyer, seller]


def test_two_pools_send_each_other_messages_and_one_begins_with_the_other_s(desk: Desk) -> None:
    said = desk.trace(desk.file(*_partners(), more=ORDER + REPLY), inputs={"amount": 4})
    assert said["state"] == "completed"
    assert way(said) == [
        "start", "send thrown", "begin caught", "sell", "answer thrown", "wait caught", "end"
    ]  # fmt: skip
    assert [(it["process"], it["instance"]) for it in said["trace"][1:3]] == [("buyer", 1), ("seller", 2)]
    assert said["data"] == {"amount": 4, "price": 8}


def test_a_partner_that_is_not_executable_takes_part_but_is_not_started(desk: Desk) -> None:
    said = desk.trace(desk.file(*_partners(executable=False), more=ORDER + REPLY), inputs={"amount": 4})
    assert said["state"] == "completed"
    alone = [process("start -> end"), process("start2 -> ask -> end2", key="q", executable=False)]
    assert way(desk.trace(desk.file(*alone))) == ["start", "end"]
    assert way(desk.trace(desk.file(*alone), "--process", "q")) == ["start2", "ask", "end2"]


def test_the_data_of_the_first_case_wins(desk: Desk) -> None:
    own = {"start-q": '<bpmn:startEvent id="start-q"/>', "end-q": '<bpmn:endEvent id="end-q"/>'}
    file = desk.file(process("start -> ask -> end"), process("start-q -> tell -> end-q", key="q", **own))
    answers = {"ask": {"who": "p"}, "tell": {"who": "q", "only": "q"}}
    assert desk.trace(file, answers=answers)["data"] == {"who": "p", "only": "q"}
    assert desk.trace(file, "--process", "q", "--process", "p", answers=answers)["data"] == {"who": "q", "only": "q"}


def _named(*keys: str) -> list[str]:
    return [
        process(f"start-{key} -> end-{key}", key=key, **{
            f"start-{key}": f'<bpmn:startEvent id="start-{key}"/>',
            f"end-{key}": f'<bpmn:endEvent id="end-{key}"/>',
        })
        for key in keys
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["start-a", "end-a", "start-b", "end-b", "start-c", "end-c"]),
        (["--process", "c", "--process", "a"], ["start-c", "end-c", "start-a", "end-a"]),
        (["--process", "b", "--process", "b"], ["start-b", "end-b", "start-b", "end-b"]),
    ],
)
def test_processes_start_in_the_order_in_which_they_are_named(
    desk: Desk, options: list[str], expected: list[str]
) -> None:
    assert way(desk.trace(desk.file(*_named("a", "b", "c")), *options)) == expected


def test_a_process_that_is_not_there_is_wrong_use(desk: Desk) -> None:
    file = desk.file(process("start -> end"))
    assert desk.trace(file, "--process", "q", status=2) == {}
    assert desk.err == f"laneway trace: {file}: there is no process q in it\n"


LISTEN = event("intermediateCatchEvent", "wait", trigger("message", "paid"))


POST = event("intermediateThrowEvent", "post", trigger("message", "paid"))


def test_a_message_reaches_the_one_whose_key_it_names(desk: Desk) -> None:
    file = desk.file(
        process("start -> ask -> wait -> end", wait=LISTEN), more=message("paid", "= number")
    )  # fmt: skip
    steps = [
        {"start": "p"},
        {"start": "p"},
        {"complete": "ask", "data": {"number": "A"}, "instance": 1},
        {"complete": "ask", "data": {"number": "B"}, "instance": 2},
        {"message": "paid", "key": "B", "data": {"amount": 7}},
        {"message": "paid", "key": "nobody"},
        {"message": "paid"},
    ]
    said = desk.trace(file, steps=steps)
    assert [(it["element"], it["instance"]) for it in said["trace"] if it["event"] == "caught"] == [("wait", 2)]
    assert [(it["element"], it["instance"], it["awaits"]) for it in said["waiting"]] == [("wait", 1, "paid")]
    assert said["data"] == {"number": "A", "amount": 7}
    assert desk.err == "laneway trace: nobody took the message “paid”\n"


def test_one_message_reaches_one_listener_the_longest_waiting(desk: Desk) -> None:
    file = desk.file(process("start -> wait -> end", wait=LISTEN), more=message("paid"))
    said = desk.trace(file, steps=[{"start": "p"}, {"start": "p"}, {"message": "paid", "key": 1}])
    assert [it["instance"] for it in said["trace"] if it["event"] == "caught"] == [1]
    assert said["state"] == "waiting"


def test_who_names_the_key_comes_before_who_takes_any(desk: Desk) -> None:
    any_ = process("start -> wait -> end", wait=LISTEN)
    named = process(
        "start2 -> wait2 -> end2", key="q",
        start2='<bpmn:startEvent id="start2"/>',
        wait2=event("intermediateCatchEvent", "wait2", trigger("message", "paid-q")),
    )  # fmt: skip
    more = message("paid") + message("paid-q", "= number").replace('name="paid-q"', 'name="paid"')
    said = desk.trace(desk.file(any_, named, more=more), inputs={"number": 5}, steps=[{"message": "paid", "key": 5}])
    assert [it["element"] for it in said["trace"] if it["event"] == "caught"] == ["wait2"]


def test_a_message_waits_a_day_for_its_listener(desk: Desk) -> None:
    drawn = process("start -> ask -> wait -> end", wait=LISTEN)
    file = desk.file(drawn, more=message("paid"))
    early = [{"message": "paid", "data": {"amount": 1}}, {"clock": "PT23H"}, {"complete": "ask"}]
    assert desk.trace(file, steps=early)["data"] == {"amount": 1}
    early[1] = {"clock": "PT24H"}
    assert waits(desk.trace(file, steps=early)) == ["wait"]
    assert desk.err == "laneway trace: nobody took the message “paid”\n"


def test_a_message_reaches_the_case_that_sent_it(desk: Desk) -> None:
    said = desk.trace(desk.file(process("start -> post -> wait -> end", post=POST, wait=LISTEN), more=message("paid")))
    assert way(said) == ["start", "post thrown", "wait caught", "end"]


def test_a_signal_reaches_everybody_and_every_start_event(desk: Desk) -> None:
    catch = event("intermediateCatchEvent", "hear", trigger("signal", "alarm"))
    listens = process("start -> hear -> end", hear=catch)
    begins = [
        process(f"begin{key} -> stop{key}", key=key, **{
            f"begin{key}": event("startEvent", f"begin{key}", trigger("signal", "alarm")),
            f"stop{key}": f'<bpmn:endEvent id="stop{key}"/>',
        })
        for key in "qr"
    ]  # fmt: skip
    steps = [{"start": "p"}, {"start": "p"}, {"signal": "alarm", "data": {"level": 3}}]
    said = desk.trace(desk.file(listens, *begins, more=signal("alarm")), steps=steps)
    caught = [(it["element"], it["instance"]) for it in said["trace"] if it["event"] == "caught"]
    assert caught == [("hear", 1), ("hear", 2), ("beginq", 3), ("beginr", 4)]
    assert (said["state"], said["data"]) == ("completed", {"level": 3})


def test_a_signal_thrown_by_one_pool_is_heard_in_another(desk: Desk) -> None:
    shout = event("endEvent", "shout", trigger("signal", "alarm"))
    hear = event("boundaryEvent", "hear", trigger("signal", "alarm"), 'attachedToRef="ask"')
    file = desk.file(
        process("start -> shout", shout=shout),
        process("begin -> ask -> stop", "hear -> heard", key="q",
                begin='<bpmn:startEvent id="begin"/>', hear=hear,
                stop='<bpmn:endEvent id="stop"/>', heard='<bpmn:endEvent id="heard"/>'),
        more=signal("alarm"),
    )  # fmt: skip
    assert way(desk.trace(file)) == ["start", "shout thrown", "begin", "ask cancelled", "hear caught", "heard"]


def test_a_process_with_only_a_message_start_waits_for_it(desk: Desk) -> None:
    begin = event("startEvent", "begin", trigger("message", "order"))
    file = desk.file(process("begin -> ask -> end", begin=begin), more=ORDER)
    said = desk.trace(file)
    assert (said["state"], said["trace"], waits(said)) == ("waiting", [], ["begin"])
    assert "nothing has started" in desk.err
    said = desk.trace(file, steps=[{"start": "p", "message": "order", "data": {"amount": 3}}, {"complete": "ask"}])
    assert (way(said), said["data"]) == (["begin caught", "ask", "end"], {"amount": 3})


def test_a_start_by_message_takes_the_place_of_the_plain_one(desk: Desk) -> None:
    begin = event("startEvent", "begin", trigger("message", "order"))
    file = desk.file(process("start -> end", "begin -> end", begin=begin), more=ORDER)
    assert way(desk.trace(file)) == ["start", "end"]
    assert way(desk.trace(file, steps=[{"start": "p", "message": "order"}])) == ["begin caught", "end"]


# -- the clock -----------------------------------------------------------------------------------------------------


def test_a_timer_waits_until_the_clock_is_moved(desk: Desk) -> None:
    rest = event("intermediateCatchEvent", "rest", timer(duration="P3D"))
    file = desk.file(process("start -> rest -> end", rest=rest))
    said = desk.trace(file)
    assert said["waiting"] == [
        {
            "element": "rest",
            "name": "",
            "type": "intermediateCatchEvent",
            "lane": "",
            "process": "p",
            "instance": 1,
            "due_at": "2026-11-26T01:00:00+00:00",
        }
    ]
    assert desk.trace(file, "--advance", "P2D", "--advance", "PT23H")["state"] == "waiting"
    assert way(desk.trace(file, "--advance", "P2D", "--advance", "P1D")) == ["start", "rest caught", "end"]


def test_what_falls_due_in_one_jump_happens_in_order_of_due_time(desk: Desk) -> None:
    """b is set at two hours, within the jump, and is due before c."""
    nodes = {
        name: event("intermediateCatchEvent", name, timer(duration=length))
        for name, length in {"a": "PT2H", "b": "PT1H", "c": "PT4H"}.items()
    }
    file = desk.file(process("start -> and1 -> c -> and2 -> end", "and1 -> a -> b -> and2", **nodes))
    said = desk.trace(file, "--advance", "PT4H")
    assert [step for step in way(said) if "caught" in step] == ["a caught", "b caught", "c caught"]
    assert said["state"] == "completed"
    assert waits(desk.trace(file, "--advance", "PT2H")) == ["c", "b"]


def test_within_a_jump_now_is_the_time_of_what_happens(desk: Desk) -> None:
    rest = event("intermediateCatchEvent", "rest", timer(duration="P1D"))
    look = script("look", "string(date(now()))", "day")
    file = desk.file(process("start -> rest -> look -> end", rest=rest, look=look))
    assert desk.trace(file, "--advance", "P30D")["data"] == {"day": "2026-11-24"}


def test_a_cycle_on_a_task_rings_as_often_as_it_says_and_the_task_stays(desk: Desk) -> None:
    ring = event("boundaryEvent", "ring", timer(cycle="R3/PT1H"), 'attachedToRef="ask" cancelActivity="false"')
    file = desk.file(process("start -> ask -> end", "ring -> end2", ring=ring))
    said = desk.trace(file, "--advance", "PT2H", answers={"ask": None})
    assert way(said) == ["start", *["ring caught", "end2"] * 2]
    said = desk.trace(file, "--advance", "P1D", answers={"ask": None})
    assert way(said) == ["start", *["ring caught", "end2"] * 3]
    assert waits(said) == ["ask"]


def test_an_interrupting_timer_takes_the_task_away(desk: Desk) -> None:
    file = desk.file(process("start -> ask -> end", "late -> chase -> end2", late=LATE))
    said = desk.trace(file, "--advance", "PT1H", answers={"ask": None})
    assert way(said) == ["start", "ask cancelled", "late caught", "chase", "end2"]


def test_people_answer_before_the_clock_moves(desk: Desk) -> None:
    file = desk.file(process("start -> ask -> end", "late -> end2", late=LATE))
    assert way(desk.trace(file, "--advance", "P1D")) == ["start", "ask", "end"]


def test_a_timer_starts_a_process_as_often_as_it_says(desk: Desk) -> None:
    begin = event("startEvent", "begin", timer(cycle="R2/P1D"))
    file = desk.file(process("begin -> ask -> end", begin=begin))
    said = desk.trace(file)
    assert (said["state"], waits(said)) == ("waiting", ["begin"])
    said = desk.trace(file, "--advance", "P9D")
    assert (said["state"], way(said)) == ("completed", ["begin caught", "ask", "end"] * 2)


def test_an_event_gateway_takes_what_comes_first(desk: Desk) -> None:
    file = desk.file(
        process(
            "start -> event -> wait -> end",
            "event -> rest -> end2",
            wait=LISTEN,
            rest=event("intermediateCatchEvent", "rest", timer(duration="P2D")),
        ),
        more=message("paid"),
    )
    (gateway,) = desk.trace(file)["waiting"]
    assert (gateway["element"], gateway["awaits"], gateway["due_at"][:10]) == ("event", "paid", "2026-11-25")
    assert way(desk.trace(file, "--advance", "P3D")) == ["start", "event", "rest caught", "end2"]
    assert way(desk.trace(file, steps=[{"message": "paid"}])) == ["start", "event", "wait caught", "end"]


@pytest.mark.parametrize("together", ["true", "false"])
def test_an_event_of_several_triggers_says_what_it_waits_for(desk: Desk, together: str) -> None:
    triggers = trigger("message", "paid") + trigger("signal", "go") + timer(duration="P2D")
    wait = event("intermediateCatchEvent", "wait", triggers, f'parallelMultiple="{together}"')
    file = desk.file(process("start -> wait -> end", wait=wait), more=message("paid") + signal("go"))
    (said,) = desk.trace(file)["waiting"]
    assert (said["element"], said["awaits"], said["due_at"][:10]) == ("wait", "paid, go", "2026-11-25")


@pytest.mark.parametrize("length", ["P", "1h", "-P1D", "P1Y-3M", "P99999Y", ""])
def test_what_is_no_duration_is_wrong_use(desk: Desk, length: str) -> None:
    assert desk.trace(desk.file(process("start -> ask -> end")), f"--advance={length}", status=2) == {}
    assert len(desk.err.splitlines()) == 1


# -- steps ---------------------------------------------------------------------------------------------------------


def test_steps_are_taken_one_after_the_other_and_people_wait_for_theirs(desk: Desk) -> None:
    check = service("check")
    rest = event("intermediateCatchEvent", "rest", timer(duration="PT1H"))
    hear = event("intermediateCatchEvent", "hear", trigger("signal", "go"))
    file = desk.file(
        process("start -> ask -> check -> rest -> wait -> hear -> tell -> end", check=check, rest=rest, wait=LISTEN,
                hear=hear),
        more=message("paid") + signal("go"),
    )  # fmt: skip
    steps = [
        {"complete": "ask", "data": {"a": 1}},
        {"clock": "PT1H"},
        {"message": "paid", "data": {"b": 2}},
        {"signal": "go", "data": {"c": 3}},
        {"complete": "tell"},
    ]
    expected = ["start", "ask", "check", "rest caught", "wait caught", "hear caught", "tell", "end"]
    for number in range(len(steps) + 1):
        said = desk.trace(file, steps=steps[:number], answers={"check": {"score": 1}, "tell": {"ignored": True}})
        assert way(said) == expected[: [1, 3, 4, 5, 6, 8][number]]
    assert said["data"] == {"a": 1, "b": 2, "c": 3, "score": 1}


def test_a_step_names_the_round_of_a_multi_instance(desk: Desk) -> None:
    ask = user("ask", many('["x", "y", "z"]', "item"))
    file = desk.file(process("start -> ask -> end", ask=ask))
    steps = [{"complete": "ask", "instance": number, "data": {"last": number}} for number in (3, 1, 2)]
    assert desk.trace(file, steps=steps)["data"] == {"last": 2}
    said = desk.trace(file, steps=[steps[0], steps[0]], status=1)
    assert (said["state"], said["error"]["element"], waits(said)) == ("refused", "ask", ["ask", "ask"])


def test_a_step_that_cannot_be_taken_is_refused_with_what_waits(desk: Desk) -> None:
    said = desk.trace(
        desk.file(process("start -> ask -> end")), steps=[{"clock": "PT1H"}, {"complete": "tell"}], status=1
    )
    assert (said["state"], way(said), waits(said)) == ("refused", ["start"], ["ask"])
    assert said["error"] == {
        "element": "tell",
        "code": "step",
        "message": "step 2 cannot be taken: tell does not wait for an answer; what waits: ask",
    }
    assert desk.err == f"laneway trace: {said['error']['message']}\n"


def test_a_start_by_a_message_that_starts_nothing_is_refused(desk: Desk) -> None:
    said = desk.trace(desk.file(process("start -> end")), steps=[{"start": "p", "message": "gone"}], status=1)
    assert said["error"]["message"] == "step 1 cannot be taken: p has no start event for “gone”"


@pytest.mark.parametrize(
    ("steps", "place", "why"),
    [
        ({}, "line 1", "list of steps"),
        ([{"complete": "ask"}, {}], "step 2", "start, complete, clock, message, signal"),
        (["ask"], "step 1", "is an object"),
        ([{"complete": 3}], "step 1", "no name"),
        ([{"complete": "ask", "key": 1}], "step 1", "does not say key"),
        ([{"complete": "ask", "data": []}], "step 1", "no JSON object"),
        ([{"complete": "ask", "instance": 0}], "step 1", "whole number from 1"),
        ([{"complete": "ask", "instance": True}], "step 1", "whole number from 1"),
        ([{"clock": 5}], "1", "no ISO 8601 duration"),
        ([{"start": "p", "message": 5}], "step 1", "no name"),
        ([{"start": "q"}], "p.bpmn", "no process q"),
    ],
)
def test_steps_that_cannot_be_read_are_wrong_use(desk: Desk, steps: Any, place: str, why: str) -> None:
    assert desk.trace(desk.file(process("start -> ask -> end")), steps=steps, status=2) == {}
    assert place in desk.err
    assert why in desk.err
    assert len(desk.err.splitlines()) == 1


# -- called processes, decisions, scripts --------------------------------------------------------------------------


def test_a_called_process_is_found_in_the_file_and_beside_it(desk: Desk) -> None:
    called = process("start2 -> ask -> end2", key="q", lanes={"运营部": "ask"})
    calls = process("start -> call -> end", call=call("call", "q"))
    expected = ["start", "start2", "ask", "end2", "call", "end"]
    same = desk.trace(desk.file(calls, called), "--process", "p", answers={"ask": {"done": True}})
    assert (way(same), same["data"]) == (expected, {"done": True})
    desk.file(called, name="other.bpmn")
    beside = desk.trace(desk.file(calls), answers={"ask": {"done": True}})
    assert (beside["trace"], beside["data"]) == (same["trace"], same["data"])
    assert beside["trace"][2]["lane"] == "运营部"


def test_a_called_process_that_would_be_refused_itself_is_not_run(desk: Desk) -> None:
    desk.file(process("start2 -> odd -> end2", key="q", odd=ODD), name="other.bpmn")
    said = desk.trace(desk.file(process("start -> call -> end", call=call("call", "q"))), status=1)
    assert (said["state"], said["error"]["element"], said["error"]["code"]) == ("failed", "call", "no-program")
    assert "other.bpmn" in said["error"]["message"]
    assert "odd" in said["error"]["message"]


def test_a_decision_beside_the_file_is_taken(desk: Desk) -> None:
    table = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        '<decision id="class" name="class"><variable name="class"/>'
        '<literalExpression><text>if amount > 5 then "high" else "low"</text></literalExpression>'
        "</decision></definitions>"
    )
    (desk.folder / "class.dmn").write_text(table.replace("> 5", "&gt; 5"), encoding="utf-8")
    called = '<zeebe:calledDecision decisionId="class" resultVariable="is"/>'
    extended = f"<bpmn:extensionElements>{called}</bpmn:extensionElements>"
    rate = f'<bpmn:businessRuleTask id="rate">{extended}</bpmn:businessRuleTask>'
    drawn = process("start -> rate -> end", rate=rate)
    assert desk.trace(desk.file(drawn), inputs={"amount": 7})["data"] == {"amount": 7, "is": "high"}


def test_a_stubbed_script_only_records_itself(desk: Desk) -> None:
    assign = "<bpmn:assignment><bpmn:from>3</bpmn:from><bpmn:to>three</bpmn:to></bpmn:assignment>"
    carried = f"<bpmn:dataOutputAssociation><bpmn:targetRef>three</bpmn:targetRef>{assign}</bpmn:dataOutputAssociation>"
    add = script("add", "1 + 1", "two").replace("</bpmn:scriptTask>", f"{carried}</bpmn:scriptTask>")
    file = desk.file(process("start -> add -> end", add=add))
    assert desk.trace(file)["data"] == {"two": 2, "three": 3}
    said = desk.trace(file, "--stub-scripts")
    assert (said["data"], [it["type"] for it in said["trace"]]) == ({}, ["startEvent", "scriptTask", "endEvent"])


@pytest.mark.parametrize("body", ["", "<bpmn:script>execution.run()</bpmn:script>"])
def test_scripts_that_are_not_run_can_be_stubbed(desk: Desk, body: str) -> None:
    odd = f'<bpmn:scriptTask id="odd" scriptFormat="groovy">{body}</bpmn:scriptTask>'
    file = desk.file(process("start -> odd -> end", odd=odd))
    assert desk.trace(file, status=1)["state"] == "refused"
    assert way(desk.trace(file, "--stub-scripts")) == ["start", "odd", "end"]


def test_a_repeated_script_that_is_stubbed_still_shows_its_rounds(desk: Desk) -> None:
    add = script("add", "item", "last").replace("</bpmn:scriptTask>", f"{many('[1, 2]', 'item')}</bpmn:scriptTask>")
    file = desk.file(process("start -> add -> end", add=add))
    assert way(desk.trace(file, "--stub-scripts")) == ["start", "add", "add", "end"]


# -- what goes wrong -----------------------------------------------------------------------------------------------


def test_an_error_that_nothing_catches_fails_the_run(desk: Desk) -> None:
    bad = event("endEvent", "bad", trigger("error", "E"))
    drawn = process("start -> and1 -> ask -> end", "and1 -> bad", bad=bad)
    said = desk.trace(desk.file(drawn, more=error("E", "DECLINED")), status=1)
    assert said["state"] == "failed"
    assert said["error"]["element"] == "bad"
    assert said["error"]["code"] == "DECLINED"
    assert "DECLINED" in said["error"]["message"]
    assert way(said) == ["start", "and1", "bad thrown", "ask cancelled"]


def test_an_error_is_caught_around_a_sub_process(desk: Desk) -> None:
    bad = event("endEvent", "bad", trigger("error", "E"))
    sub = f'<bpmn:subProcess id="sub">{content("start2 -> bad", bad=bad)}</bpmn:subProcess>'
    no = event("boundaryEvent", "no", trigger("error", "E"), 'attachedToRef="sub"')
    said = desk.trace(desk.file(process("start -> sub -> end", "no -> end2", sub=sub, no=no), more=error("E", "NO")))
    assert way(said) == ["start", "start2", "bad thrown", "sub cancelled", "no caught", "end2"]


def test_a_step_that_cannot_go_on_fails_the_run_and_the_others_go_on(desk: Desk) -> None:
    file = desk.file(
        process("start -> and1 -> ask -> end", "and1 -> xor -[amount > 5]-> end2", "xor -[amount < 2]-> end3")
    )
    said = desk.trace(file, inputs={"amount": 3}, status=1)
    assert (said["state"], said["error"]["element"], said["error"]["code"]) == ("failed", "xor", "no-flow")
    assert way(said) == ["start", "and1", "ask", "end"]


def test_a_join_that_waits_for_ever_is_named(desk: Desk) -> None:
    file = desk.file(process("start -> xor -[a = 1]-> and1 -> end", "xor -[else]-> ask -> and1"))
    said = desk.trace(file)
    assert (said["state"], waits(said)) == ("waiting", ["and1"])


def test_a_diagram_with_faults_is_refused_with_element_and_line(desk: Desk) -> None:
    file = desk.file(process("start -> odd -> end", odd=ODD))
    said = desk.trace(file, status=1)
    assert {key: said[key] for key in ("state", "trace", "waiting", "data")} == {
        "state": "refused",
        "trace": [],
        "waiting": [],
        "data": {},
    }
    (finding,) = said["findings"]
    line = next(
        number
        for number, text in enumerate(file.read_text("utf-8").splitlines(), 1)
        if "intermediateThrowEvent" in text
    )
    assert (finding["element"], finding["line"], finding["rule"]) == ("odd", line, "not-run")
    assert (said["error"]["element"], said["error"]["code"]) == ("odd", "not-run")
    assert f"{file}:{line}: odd: " in said["error"]["message"]
    assert main(["trace", str(file)]) == 1
    assert f"{file}:{line}: odd: " in desk.capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "line 1: the file is empty"),
        (b"<a>\n<b></a>", "line 2: "),
        (b"<html/>", "line 1: the root is <html>"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n<a>&e;</a>', "line 1: a DOCTYPE is not allowed"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(desk: Desk, body: bytes, cause: str) -> None:
    file = desk.folder / "bad.bpmn"
    file.write_bytes(body)
    assert desk.trace(file, status=2) == {}
    assert desk.err.startswith(f"laneway trace: {file}: {cause}")
    assert len(desk.err.splitlines()) == 1


def test_a_name_of_odd_bytes_can_be_said(desk: Desk) -> None:
    file = Path(os.fsdecode(os.fsencode(desk.folder) + b"/\xff.bpmn"))
    for drawn, state, status in [("start -> end", "completed", 0), ("start -> odd -> end", "refused", 1)]:
        file.write_bytes(diagram(process(drawn, **({"odd": ODD} if status else {}))))
        assert desk.trace(file, status=status)["state"] == state
        assert main(["trace", str(file)]) == status
        assert "\ufffd.bpmn" in desk.capsys.readouterr().out


def test_a_file_that_is_not_there_is_one_line(desk: Desk) -> None:
    assert desk.trace(desk.folder / "gone.bpmn", status=2) == {}
    assert desk.err == f"laneway trace: {desk.folder / 'gone.bpmn'}: there is no such file\n"
    assert desk.trace(desk.folder, status=2) == {}


@pytest.mark.parametrize(
    ("option", "body", "cause"),
    [
        ("--answers", '{"ask":\n {"a": }}', "line 2: "),
        ("--answers", "[]", "no JSON object"),
        ("--answers", '{"ask": "yes"}', "the answer of ask"),
        ("--answers", '{"ask": [1]}', "the answer of ask"),
        ("--answers", '{"ask": {"@error": 5}}', "the “@error” of ask"),
        ("--answers", "[" * 5000, ""),
        ("--answers", f'{{"ask": {"[" * 200}{"]" * 200}}}', "nested too deeply"),
        ("--steps", "{", "line 1: "),
        ("--steps", "\ud800", ""),
    ],
)
def test_answers_and_steps_that_cannot_be_read_are_one_line(desk: Desk, option: str, body: str, cause: str) -> None:
    file = desk.file(process("start -> ask -> end"))
    given = desk.folder / "given.json"
    given.write_bytes(body.encode("utf-8", "surrogatepass"))
    assert desk.trace(file, option, str(given), status=2) == {}
    assert desk.err.startswith(f"laneway trace: {given}: ")
    assert cause in desk.err
    assert len(desk.err.splitlines()) == 1
    assert desk.trace(file, option, str(desk.folder / "gone.json"), status=2) == {}
    assert "gone.json: there is no such file" in desk.err


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 5000, '{"a": ' + "[" * 200 + "]" * 200 + "}"])
def test_inputs_that_cannot_be_read_are_one_line(desk: Desk, text: str) -> None:
    assert desk.trace(desk.file(process("start -> ask -> end")), "--inputs", text, status=2) == {}
    assert desk.err.startswith("laneway trace: --inputs: ")


# -- what goes round for ever --------------------------------------------------------------------------------------


def _ping_pong() -> list[str]:
    def throws(key: str, name: str) -> str:
        return event("intermediateThrowEvent", key, trigger("message", name))

    def catches(key: str, name: str) -> str:
        return event("intermediateCatchEvent", key, trigger("message", name))

    one = process("start -> xor1 -> ping -> hear -> xor1", ping=throws("ping", "a"), hear=catches("hear", "b"))
    other = process(
        "start2 -> xor2 -> hear2 -> pong -> xor2",
        key="q",
        start2='<bpmn:startEvent id="start2"/>',
        hear2=catches("hear2", "a"),
        pong=throws("pong", "b"),
    )
    return [one, other]


_HOSTILE: dict[str, tuple[Callable[[], list[str]], list[str]]] = {
    "a loop without waiting": (lambda: [process("start -> xor1 -> and1 -> xor1")], []),
    "a loop of people": (lambda: [process("start -> xor1 -> ask -> xor2 -[ok]-> end", "xor2 -[else]-> xor1")], []),
    "two pools without end": (_ping_pong, []),
    "a timer without end": (
        lambda: [
            process(
                "start -> ask -> end",
                "ring -> end2",
                ask=user("ask", many("[1]", "item")),
                ring=event(
                    "boundaryEvent", "ring", timer(cycle="R/PT1S"), 'attachedToRef="ask" cancelActivity="false"'
                ),
            )
        ],
        ["--advance", "P100Y"],
    ),
    "a start without end": (
        lambda: [process("begin -> end", begin=event("startEvent", "begin", timer(cycle="R/PT1S")))],
        ["--advance", "P100Y"],
    ),
    "a message that starts what sends it": (
        lambda: [
            process(
                "begin -> again",
                "start -> again",
                begin=event("startEvent", "begin", trigger("message", "a")),
                again=event("endEvent", "again", trigger("message", "a")),
            )
        ],
        [],
    ),
    "a signal that doubles": (
        lambda: [
            process(
                "begin -> xor1 -> and1 -> again",
                "and1 -> more",
                "start -> xor1",
                begin=event("startEvent", "begin", trigger("signal", "s")),
                again=event("endEvent", "again", trigger("signal", "s")),
                more=event("endEvent", "more", trigger("signal", "s")),
            )
        ],
        [],
    ),
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_what_goes_round_for_ever_ends_soon_and_says_so(desk: Desk, name: str) -> None:
    draw, options = _HOSTILE[name]
    more = "".join(message(key) for key in "ab") + signal("s")
    file = desk.file(*draw(), more=more)
    answers = {"ask": None} if options else None
    with spent() as cpu:
        said = desk.trace(file, *options, status=1, answers=answers)
    assert cpu.seconds < 15
    assert said["state"] == "failed"
    assert said["error"]["element"]
    assert "loop" in said["error"]["message"]


def test_a_loop_of_costly_expressions_stops_too(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.3)
    think = script("think", "count(for i in 1..20000 return i)", "many")
    with spent() as cpu:
        said = desk.trace(desk.file(process("start -> xor1 -> think -> xor1", think=think)), status=1)
    assert cpu.seconds < 5
    assert (said["state"], said["error"]["code"]) == ("failed", "endless-loop")


def test_nothing_is_asked_of_the_network_or_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("trace has no business outside")

    monkeypatch.setattr(socket, "socket", forbidden)
    file = desk.file(process("start -> ask -> end"))
    before = {it.name: it.read_bytes() for it in desk.folder.iterdir()}
    desk.trace(file)
    assert {it.name: it.read_bytes() for it in desk.folder.iterdir()} == before


def test_a_form_that_is_not_there_keeps_nobody_from_tracing(desk: Desk) -> None:
    ask = '<bpmn:userTask id="ask"><bpmn:extensionElements><zeebe:formDefinition formId="gone"/>'
    file = desk.file(process("start -> ask -> end", ask=f"{ask}</bpmn:extensionElements></bpmn:userTask>"))
    assert desk.trace(file)["state"] == "completed"
    assert main(["check", str(file)]) == 1  # to be deployed it must be there

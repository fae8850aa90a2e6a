"""What is not run is refused by name when a diagram is compiled; nothing is left out without a word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import diagrams, engine
from app.diagrams.model import EventDefinition, Expression, Loop, Script
from tests.engine.drawing import (
    Made,
    behaves,
    boundary,
    call,
    catch,
    decision,
    draw,
    end,
    event_sub,
    handler,
    many,
    on,
    receive,
    repeat,
    script,
    send,
    service,
    several,
    start,
    sub,
    task,
    throw,
    undone,
    user,
)
from tests.engine.story import Story


def refused(*lines: str, **nodes: Made) -> list[tuple[str, int, str]]:
    with pytest.raises(engine.NotRunnable) as fault:
        engine.compile(draw(*lines, **nodes), "story")
    findings: list[tuple[str, int, str]] = fault.value.findings
    return findings


def odd(kind: str, **says: Any) -> Made:
    return Made(kind, says)


LINE = ("start -> it -> end",)
FLAWS: dict[str, tuple[tuple[str, ...], dict[str, Made], str, str]] = {
    # what is drawn, the element that is named, a word of the reason
    "unknown element": (LINE, {"it": odd("choreographyTask")}, "it", "choreographyTask"),
    "complex join without a condition": (
        ("start -> and", "and -> a -> it", "and -> b -> it", "it -> end"), {"it": odd("complexGateway")}, "it",
        "activation condition",
    ),
    "empty ad-hoc sub-process": (LINE, {"it": odd("adHocSubProcess")}, "it", "ad-hoc"),
    "condition without text": (
        LINE, {"it": odd("intermediateCatchEvent", events=(EventDefinition("conditional"),))}, "it", "condition",
    ),
    "condition that cannot be read": (LINE, {"it": catch("conditional", "a +")}, "it", "a +"),
    "cancel end": (("start -> it",), {"it": end("cancel")}, "it", "cancel"),
    "cancel on the border of a task": (
        ("start -> ask -> end", "it -> end2"), {"it": boundary("ask", "cancel")}, "it", "transaction",
    ),
    "compensation without a handler": (("start -> ask -> end",), {"it": undone("ask", "")}, "it", "association"),
    "handler that is not for compensation": (
        ("start -> ask -> other -> end",), {"it": undone("ask", "other")}, "it", "association",
    ),
    "two handlers": (
        ("start -> ask -> end",),
        {"a": undone("ask", "back"), "it": undone("ask", "back"), "back": handler(user())}, "it", "one compensation",
    ),
    "all of errors": (
        ("start -> ask -> end", "it -> end2"),
        {"it": several(boundary("ask", "error", "E"), on("message", "m"), together=True)}, "it", "all of its triggers",
    ),
    "a link beside a message": (LINE, {"it": several(catch("link", "L"), on("message", "m"))}, "it", "other trigger"),
    "error thrown on the way": (LINE, {"it": throw("error", "E")}, "it", "error"),
    "error waited for on the way": (LINE, {"it": catch("error", "E")}, "it", "error"),
    "terminate on the way": (LINE, {"it": throw("terminate")}, "it", "terminate"),
    "event sub-process that is repeated": (
        ("start -> end",),
        {"it": Made("subProcess", {"triggered_by_event": True, "loop": many(cardinality="2")},
                    (("start9 -> end9",), {"start9": start("message", "m")}))},
        "it", "repeated",
    ),
    "event without trigger": (LINE, {"it": odd("intermediateCatchEvent")}, "it", "waits for"),
    "message without name": (LINE, {"it": catch("message")}, "it", "name"),
    "signal without name": (LINE, {"it": throw("signal")}, "it", "name"),
    "receive without message": (LINE, {"it": odd("receiveTask")}, "it", "waits for"),
    "send without message": (LINE, {"it": odd("sendTask")}, "it", "sends"),
    "receive on the way that begins": (LINE, {"it": receive("m", instantiate=True)}, "it", "begins a process"),
    "start quantity": (LINE, {"it": user(start_quantity=0)}, "it", "quantities"),
    "completion quantity": (LINE, {"it": user(completion_quantity=100_000)}, "it", "quantities"),
    "parallel event gateway": (
        ("start -> it -> a -> end",), {"it": odd("eventBasedGateway", event_gateway_type="Parallel", instantiate=False),
                                       "a": catch("message", "m")}, "it", "parallel",
    ),
    "task behind an event gateway": (("start -> event -> ask -> end",), {}, "event", "catching"),
    "loop behind an event gateway": (
        ("start -> event -> a -> end",), {"a": receive("m", loop=many(cardinality="2"))}, "event", "catching",
    ),
    "link behind an event gateway": (("start -> event -> a -> end",), {"a": catch("link", "L")}, "event", "catching"),
    "nothing behind an event gateway": (("start -> event",), {}, "event", "nothing"),
    "timer without time": (
        LINE, {"it": odd("intermediateCatchEvent", events=(EventDefinition("timer"),))}, "it", "timer",
    ),
    "timer with nonsense": (LINE, {"it": catch("timer", cycle="every day")}, "it", "every day"),
    "gateway ways without condition": (("start -> xor -> b -> end", "xor -> c"), {}, "xor-c", "condition"),
    "gateway way without condition beside a default": (
        ("start -> xor -[else]-> b -> end", "xor -> c"), {}, "xor-c", "condition",
    ),
    "condition that is no FEEL": (("start -> xor -[a +]-> b -> end", "xor -[else]-> c"), {}, "xor-b", "a +"),
    "service with a blank type": (LINE, {"it": service(" ")}, "it", "type"),
    "call without target": (LINE, {"it": odd("callActivity")}, "it", "called process"),
    "script without text": (LINE, {"it": odd("scriptTask")}, "it", "script"),
    "script of another language": (LINE, {"it": odd("scriptTask", script=Script("1", "python"))}, "it", "python"),
    "script that cannot be read": (LINE, {"it": script("1 +")}, "it", "1 +"),
    "input that cannot be read": (LINE, {"it": user(inputs={"a": "1 +"})}, "it", "1 +"),
    "output into no name": (LINE, {"it": user(outputs={"a..b": "1"})}, "it", "a..b"),
    "multi-instance of nothing": (LINE, {"it": user(loop=Loop("multi"))}, "it", "neither"),
    "multi-instance of another behaviour": (
        LINE, {"it": user(loop=replace(many("x"), behavior="Some"))}, "it", "Some",
    ),
    "multi-instance that terminates": (
        LINE, {"it": user(loop=behaves(many("x"), "One", (None, on("terminate"))))}, "it", "terminate",
    ),
    "loop without end": (LINE, {"it": user(loop=repeat())}, "it", "neither"),
    "loop with a negative maximum": (LINE, {"it": user(loop=repeat("a", maximum=-1))}, "it", "negative"),
    "collection that cannot be read": (LINE, {"it": user(loop=many("a +"))}, "it", "a +"),
    "mapping of an instance that cannot be read": (
        LINE, {"it": user(inputs={"a": "1 +"}, loop=many("x"))}, "it", "1 +",
    ),
    "link to nowhere": (("start -> it",), {"it": throw("link", "L")}, "it", "L"),
    "link to two places": (
        ("start -> it", "a -> end", "b -> end2"), {"it": throw("link", "L"), "a": catch("link", "L"),
                                                    "b": catch("link", "L")}, "it", "L",
    ),
    "boundary on nothing": (
        ("start -> ask -> end", "it -> end2"), {"it": boundary("nowhere", "message", "m")}, "it", "no activity",
    ),
    "boundary on a gateway": (
        ("start -> xor -> end", "it -> end2"), {"it": boundary("xor", "message", "m")}, "it", "activity",
    ),
    "boundary without trigger": (
        ("start -> ask -> end", "it -> end2"), {"it": odd("boundaryEvent", attached_to="ask")}, "it", "waits for",
    ),
    "sub-process that a message starts": (
        LINE, {"it": sub("start2 -> a -> end2", start2=start("message", "m"))}, "it", "start",
    ),
    "sub-process with two starts": (LINE, {"it": sub("start2 -> a", "start3 -> a")}, "it", "start"),
    "event sub-process without trigger": (
        ("start -> a -> end",), {"it": event_sub("start9 -> b -> end9")}, "it", "trigger",
    ),
    "event sub-process with two starts": (
        ("start -> a -> end",), {"it": event_sub("start8 -> b", "start9 -> b", start8=start("signal", "s"),
                                                 start9=start("signal", "t"))}, "it", "exactly one",
    ),
    "inside a sub-process": (
        LINE, {"it": sub("start2 -> deep -> end2", deep=odd("choreographyTask"))}, "deep", "choreographyTask",
    ),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_is_not_run_is_refused_by_name(flaw: str) -> None:
    lines, nodes, element, word = FLAWS[flaw]
    found = [(name, message) for name, line, message in refused(*lines, **nodes) if name == element]
    assert found, "another element was named"
    assert any(word in message for _, message in found), found


def test_everything_wrong_is_said_at_once_each_with_its_line() -> None:
    found = refused("start -> a -> b -> end", a=odd("choreographyTask"), b=script("1 +"))
    assert {name for name, _, _ in found} == {"a", "b"}
    assert all(line > 0 for _, line, _ in found)


def test_the_refusal_reads_as_a_sentence_with_its_places() -> None:
    with pytest.raises(engine.NotRunnable, match=r"it \(line 1\): The element choreographyTask is not run\."):
        engine.compile(draw(*LINE, it=odd("choreographyTask")), "story")


def test_a_process_that_is_not_in_the_diagram_is_refused() -> None:
    with pytest.raises(engine.NotRunnable):
        engine.compile(draw("start -> end"), "another")


def test_a_process_without_a_place_to_begin_is_refused_when_it_is_started() -> None:
    with pytest.raises(engine.NoStart):
        Story("a -> b -> a")


def test_a_data_object_or_a_note_carries_no_token() -> None:
    story = Story("start -> a -> end", file=odd("dataObjectReference"), note=odd("textAnnotation"), box=odd("group"))
    assert story.open == ["a"]


def test_a_program_is_made_once_for_a_diagram() -> None:
    diagram = draw("start -> a -> end")
    assert engine.compile(diagram, "story") is engine.compile(diagram, "story")
    other = draw("start -> b -> end")
    assert engine.compile(other, "story") is not engine.compile(diagram, "story")


def test_a_diagram_without_a_hash_is_compiled_each_time() -> None:
    diagram = replace(draw("start -> a -> end"), hash="")
    assert engine.compile(diagram, "story") is not engine.compile(diagram, "story")


def test_two_cases_of_one_program_know_nothing_of_each_other() -> None:
    diagram = draw(
        "start -> and1 -> ask -> and2 -> end", "and1 -> part -> and2", part=sub("start2 -> many_ -> end2",
        many_=user(loop=many("[1, 2]", each="n"))),
    )  # fmt: skip
    one, two = Story(diagram=diagram, data={"x": 1}), Story(diagram=diagram, data={"x": 2})
    one.answer("ask", x=5)
    one.answer("many_")
    assert (one.data, two.data) == ({"x": 5}, {"x": 2})
    assert sorted(two.open) == ["ask", "many_", "many_"]


def test_cases_of_one_program_may_run_in_several_threads() -> None:
    diagram = draw(
        "start -> xor -> and1 -> a -> and2 -> s -> xor2 -[n < 30]-> xor", "and1 -> b -> and2", "xor2 -[else]-> end",
        s=script("n + 1", "n"), on_it=event_sub("start9 -> t -> end9", start9=start("signal", "x", interrupting=False)),
    )  # fmt: skip

    def run(number: int) -> tuple[str, list[str]]:
        story = Story(diagram=diagram, data={"n": 0, "me": number})
        while not story.ended:
            story.signal("x", me=number)
            story.answer("a", me=number)
            assert story.data["me"] == number
            story.answer("b")
            story.answer("t")
        return story.ended, story.trace

    alone = run(0)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(run, range(8))) == [alone] * 8


def test_a_flow_without_an_id_of_its_own_is_taken() -> None:
    """In about one public file of ten flows have no id; the reader makes one up, and the engine runs it."""
    xml = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" isExecutable="false">
      <startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="t"/><userTask id="t"/>
      <sequenceFlow sourceRef="t" targetRef="e"/><endEvent id="e"/></process></definitions>"""
    story = Story(diagram=diagrams.read(xml))
    story.answer("t")
    assert story.ended == "completed"


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[2] / "processes").glob("*.bpmn")), ids=lambda it: it.stem
)
def test_the_shipped_processes_compile(file: Path) -> None:
    diagram = diagrams.read(file.read_bytes())
    for key in diagram.processes:
        assert engine.compile(diagram, key).key == key


def test_conditions_scripts_and_timers_never_reach_python() -> None:
    """21 of 22 ways out of the stock engine's sandbox were one expression long."""
    for text in ("__import__('os').system('x')", "().__class__.__bases__", "open('/etc/passwd').read()", "lambda: 1"):
        try:
            story = Story("start -> s -> end", s=script(text, "x"))
        except engine.NotRunnable:
            continue
        assert story.data == {"x": None}
    diagram = draw("start -> xor -[a]-> b -> end", "xor -[else]-> c")
    process = diagram.processes["story"]
    flow = replace(process.flows["xor-b"], condition=Expression("a > 5 and __import__('os')", "python"))
    process = replace(process, flows={**process.flows, flow.id: flow})
    with pytest.raises(engine.NotRunnable):
        engine.compile(replace(diagram, processes={"story": process}), "story")


def test_everything_public_is_there_and_every_happening_is_one() -> None:
    assert sorted(engine.__all__) == sorted(set(engine.__all__))
    for name in engine.__all__:
        assert hasattr(engine, name)
    kinds = engine.Happening.__args__
    assert {kind.__name__ for kind in kinds} <= set(engine.__all__)
    assert {kind.__name__ for kind in engine.Event.__args__} <= set(engine.__all__)


def test_what_may_be_drawn_in_one_diagram_is_compiled_together() -> None:
    program = engine.compile(
        draw(
            "start -> and1 -> a -> end", "and1 -> b -> c -> d -> e -> f -> g -> end", a=task(), b=call("x"),
            c=decision("d"), d=send("m"), e=receive("m"), f=sub("start2 -> z"), g=service(),
        ),
        "story",
    )  # fmt: skip
    assert set(program.root.task_specs) == {"start", "and1", *"abcdefg", "end"}

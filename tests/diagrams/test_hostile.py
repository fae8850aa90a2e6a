"""Files from an enemy: each is refused with its line, or harmless, and always at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import diagrams
from tests.cpu import spent
from tests.diagrams.drawings import BPMN, SPACES, drawing, file, task
from tests.diagrams.known import Known
from tests.diagrams.mutations import lived_through
from tests.diagrams.test_dialects import default_namespace

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 2.0
HEAD = '<?xml version="1.0"?>'
BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))

REFUSED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "blanks": lambda: b" \n\t ",
    "only a declaration": lambda: HEAD.encode(),
    "only a comment": lambda: b"<!-- nothing -->",
    "truncated": lambda: drawing(task())[:-40],
    "cut in a name": lambda: drawing(task())[:200],
    "html": lambda: b"<!DOCTYPE html><html><body>Not found</body></html>",
    "html without doctype": lambda: b"<html><body><p>Not found</body></html>",
    "another root": lambda: b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
    "a root without namespace": lambda: b"<definitions/>",
    "json": lambda: b'{"nodes": []}',
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "a zip": lambda: b"PK\x03\x04" + bytes(1000),
    "zeros": lambda: bytes(1000),
    "a zero inside": lambda: drawing(task()).replace(b"Pay", b"P\0y"),
    "a zero by reference": lambda: drawing(task()).replace(b"Pay", b"P&#0;y"),
    "not its encoding": lambda: drawing(task()).replace(b"Pay", b"P\xff\xfey"),
    "an unknown encoding": lambda: drawing(task()).replace(b"UTF-8", b"UTF-99"),
    "a doctype": lambda: f"{HEAD}<!DOCTYPE x><definitions/>".encode(),
    "an entity bomb": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><x>&e11;</x>'.encode(),
    "an entity bomb in an attribute": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><x a="&e11;"/>'.encode(),
    "one large entity, many times": lambda: (
        f'{HEAD}<!DOCTYPE x [<!ENTITY e "{"a" * 100_000}">]><x>{"&e;" * 10_000}</x>'.encode()
    ),
    "a file by entity": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'.encode(),
    "a parameter entity": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY % e SYSTEM "http://x.invalid/">%e;]><x/>'.encode(),
    "an undefined entity": lambda: drawing(task()).replace(b"Pay", b"&nope;"),
    "100,000 deep": lambda: f"<a {SPACES}>".encode() + b"<a>" * 100_000,
    "300 deep": lambda: file("<bpmn:process>" + "<bpmn:subProcess>" * 300 + "</bpmn:subProcess>" * 300),
    "20,000 attributes": lambda: ('<a b=""' + "".join(f' a{n}=""' for n in range(20_000)) + "/>").encode(),
    "an id of 5 MB": lambda: drawing(f'<bpmn:task id="{"a" * 5_000_000}"/>'),
    "a name of 5 MB": lambda: drawing(f'<bpmn:task id="work" name="{"a" * 5_000_000}"/>'),
    "11 MB": lambda: file(f"<!-- {'a' * 11_000_000} -->"),
    "a million elements": lambda: file("<bpmn:process>" + "<a/>" * 1_000_000 + "</bpmn:process>"),
    "5,000 lanes": lambda: file(
        '<bpmn:process id="p"><bpmn:laneSet>' + "<bpmn:lane/>" * 5_000 + "</bpmn:laneSet></bpmn:process>"
    ),
    "60 lanes in one another": lambda: file(
        '<bpmn:process id="p"><bpmn:laneSet>'
        + "<bpmn:lane><bpmn:childLaneSet>" * 60
        + "</bpmn:childLaneSet></bpmn:lane>" * 60
        + "</bpmn:laneSet></bpmn:process>"
    ),
}

#: refused or harmless, as the parser sees it: never believed to be something else
TRICKS: dict[str, Callable[[], bytes]] = {
    "UTF-7": lambda: drawing(task()).replace(b"UTF-8", b"UTF-7").replace(b"Pay", b"+ADw-script+AD4-"),
    "UTF-16 without a mark": lambda: drawing(task()).decode().replace("UTF-8", "UTF-16").encode("utf-16-le"),
    "UTF-16 that says UTF-8": lambda: drawing(task()).decode().encode("utf-16"),
    "UTF-8 that says UTF-16": lambda: drawing(task()).replace(b"UTF-8", b"UTF-16"),
    "UTF-32": lambda: drawing(task()).decode().replace("UTF-8", "UTF-32").encode("utf-32"),
    "half of a UTF-16 character": lambda: drawing(task()).decode().replace("UTF-8", "UTF-16").encode("utf-16")[:-1],
    "EBCDIC": lambda: drawing(task()).decode().replace("UTF-8", "IBM037").encode("cp037"),
    "two marks": lambda: b"\xef\xbb\xbf" * 2 + drawing(task()),
    "a doctype in UTF-16": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY e0 "ha">{BOMB}]><x>&e11;</x>'.encode("utf-16"),
    "an entity in an id": lambda: f'{HEAD}<!DOCTYPE x [<!ENTITY e "ha">]><definitions id="&e;"/>'.encode(),
    "a schema of the file itself": lambda: f"{HEAD}<!DOCTYPE x SYSTEM 'http://x.invalid/x.dtd'><x/>".encode(),
    "an inclusion": lambda: file('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
    "a stylesheet": lambda: HEAD.encode() + b'<?xml-stylesheet href="file:///etc/passwd"?>' + drawing(task())[39:],
    "a prefix that stands for nothing": lambda: file("<nothing:task/>"),
    "a prefix that changes its meaning": lambda: file(
        '<bpmn:process id="p"><bpmn:task xmlns:bpmn="urn:other" id="t"/><bpmn:task id="t"/></bpmn:process>'
    ),
    "no prefix at all": lambda: file(f'<process xmlns="{BPMN}" id="p"><task xmlns="" id="t"/><task id="t"/></process>'),
    "a namespace of 1 MB": lambda: file(f'<x:a xmlns:x="urn:{"x" * 1_000_000}"/>'),
    "10,000 namespaces": lambda: file("<a " + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(10_000)) + "/>"),
    "a name of 1 MB": lambda: file(f"<{'a' * 1_000_000}/>"),
    "the same attribute twice": lambda: drawing('<bpmn:task id="work" id="work"/>'),
    "an xml declaration inside": lambda: drawing(HEAD),
    "two roots": lambda: drawing(task()) * 2,
    "CDATA without an end": lambda: drawing("<![CDATA[" + "x" * 100_000),
    "a comment without an end": lambda: drawing("<!--" + "-" * 100_000),
    "a message that refers to itself": lambda: drawing(
        '<bpmn:receiveTask id="work" messageRef="work"/>', more='<bpmn:message id="m" itemRef="m" name="m"/>'
    ),
    "an event definition that refers to itself": lambda: drawing(
        '<bpmn:intermediateCatchEvent id="work"><bpmn:eventDefinitionRef>work</bpmn:eventDefinitionRef>'
        "<bpmn:eventDefinitionRef>e</bpmn:eventDefinitionRef></bpmn:intermediateCatchEvent>",
        more='<bpmn:messageEventDefinition id="e" messageRef="e"/>',
    ),
    "data that refers to itself": lambda: drawing(
        '<bpmn:dataObjectReference id="work" dataObjectRef="work"/><bpmn:task id="t"><bpmn:dataInputAssociation>'
        "<bpmn:sourceRef>work</bpmn:sourceRef><bpmn:targetRef>t</bpmn:targetRef></bpmn:dataInputAssociation></bpmn:task>"
    ),
    "undoing that undoes itself": lambda: drawing(
        '<bpmn:task id="work" isForCompensation="true"/><bpmn:boundaryEvent id="b" attachedToRef="work">'
        '<bpmn:compensateEventDefinition activityRef="b"/></bpmn:boundaryEvent>'
        '<bpmn:association sourceRef="b" targetRef="work"/><bpmn:association sourceRef="work" targetRef="b"/>'
    ),
    "a pool in itself": lambda: drawing(
        task(),
        more='<bpmn:collaboration id="c"><bpmn:participant id="c" processRef="c"/>'
        '<bpmn:messageFlow id="c" sourceRef="c" targetRef="c"/></bpmn:collaboration>',
    ),
}

TASK = '<bpmn:task id="work"/>'
LANE = '<bpmn:lane id="l"><bpmn:childLaneSet><bpmn:lane id="l"><bpmn:childLaneSet><bpmn:lane id="l"/>'
HARMLESS: dict[str, Callable[[], bytes]] = {
    "no process": lambda: file(""),
    "nothing has an id": lambda: file("<bpmn:process><bpmn:task/><bpmn:task/><bpmn:sequenceFlow/></bpmn:process>"),
    "a boundary event on itself": lambda: drawing(f'{TASK}<bpmn:boundaryEvent id="b" attachedToRef="b"/>'),
    "boundary events on each other": lambda: drawing(
        f'{TASK}<bpmn:boundaryEvent id="a" attachedToRef="b"/><bpmn:boundaryEvent id="b" attachedToRef="a"/>'
        '<bpmn:laneSet><bpmn:lane id="l"><bpmn:flowNodeRef>work</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    ),
    "lanes of one id in one another": lambda: drawing(
        f"{TASK}<bpmn:laneSet>{LANE}</bpmn:childLaneSet></bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    ),
    "a sub-process in itself": lambda: drawing(
        '<bpmn:subProcess id="work"><bpmn:subProcess id="work"><bpmn:task id="t"/></bpmn:subProcess></bpmn:subProcess>'
        '<bpmn:laneSet><bpmn:lane id="l"><bpmn:flowNodeRef>start</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    ),
    "a task on itself": lambda: drawing(
        '<bpmn:task id="work" attachedToRef="work"/>'
        '<bpmn:laneSet><bpmn:lane id="l"><bpmn:flowNodeRef>start</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    ),
    "a process that calls itself": lambda: drawing('<bpmn:callActivity id="work" calledElement="p"/>'),
    "a hundred million instances": lambda: drawing(
        '<bpmn:task id="work"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>100000000'
        "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>"
    ),
    "odd numbers": lambda: drawing(
        f'<bpmn:task id="work" startQuantity="²" completionQuantity="{"9" * 5000}"/>'
        '<bpmn:task id="t"><bpmn:standardLoopCharacteristics loopMaximum="--1"/></bpmn:task>'
    ),
    "odd positions": lambda: drawing(
        f"{TASK}",
        more='<d:BPMNShape xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" bpmnElement="work"><dc:Bounds x="nan" y="1e999"/>'
        "</d:BPMNShape>",
    ),
    "comments and instructions everywhere": lambda: drawing(task()).replace(b"><", b"><!-- x --><?y z?><"),
    "names in every script": lambda: drawing('<bpmn:task id="work" name="付款 ‮evil {braces} %s 🏦"/>'),
    "a braced name and id": lambda: drawing(
        '<bpmn:userTask id="work" name="{0.__class__} {node}"/><bpmn:task id="{x}"/>'
    ),
    "5,000 tasks from one to the next": lambda: file(
        '<bpmn:process id="p">'
        + "".join(
            f'<bpmn:task id="t{n}"/><bpmn:sequenceFlow sourceRef="t{n}" targetRef="t{n + 1}"/>' for n in range(5000)
        )
        + "</bpmn:process>"
    ),
    "5,000 tasks round and round": lambda: file(
        '<bpmn:process id="p">'
        + "".join(
            f'<bpmn:task id="t{n}"/><bpmn:sequenceFlow sourceRef="t{n}" targetRef="t{(n + 1) % 5000}"/>'
            for n in range(5000)
        )
        + "</bpmn:process>"
    ),
    "every task to every other": lambda: file(
        '<bpmn:process id="p">'
        + "".join(f'<bpmn:task id="t{n}"/>' for n in range(100))
        + "".join(f'<bpmn:sequenceFlow sourceRef="t{a}" targetRef="t{b}"/>' for a in range(100) for b in range(100))
        + "</bpmn:process>"
    ),
}


def judged(xml: bytes) -> list[diagrams.Finding]:
    """Read and judged, with every sentence said."""
    found = diagrams.check(diagrams.read(xml), Known())
    assert all(finding.text(lang) for finding in found for lang in ("en", "zh"))
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_at_once_with_a_line(name: str) -> None:
    xml = REFUSED[name]()
    with spent() as cpu, pytest.raises(diagrams.UnreadableDiagram) as refusal:
        diagrams.read(xml)
    assert cpu.seconds < SECONDS
    assert refusal.value.line >= 1
    assert 5 < len(refusal.value.message) < 300
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize("name", HARMLESS)
def test_it_is_read_and_judged_at_once(name: str) -> None:
    xml = HARMLESS[name]()
    with spent() as cpu:
        judged(xml)
    assert cpu.seconds < SECONDS


@pytest.mark.parametrize("name", HARMLESS)
def test_what_no_rule_refuses_is_built_and_started_at_once(name: str) -> None:
    xml = HARMLESS[name]()
    with spent() as cpu:
        assert lived_through(xml) in ("refused", "started")
    assert cpu.seconds < SECONDS


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_is_refused_or_harmless(name: str) -> None:
    xml = TRICKS[name]()
    with spent() as cpu:
        survives(xml)
    assert cpu.seconds < SECONDS
    try:
        diagram = diagrams.read(xml)
    except diagrams.UnreadableDiagram:
        return
    shown = repr(diagram.processes)
    assert "root:" not in shown  # of /etc/passwd
    assert "<script" not in shown


def test_elements_without_ids_are_told_apart() -> None:
    diagram = diagrams.read(HARMLESS["nothing has an id"]())
    (process,) = diagram.processes.values()
    assert len(process.nodes) == 2


def test_two_thousand_steps_are_read_within_a_second() -> None:
    steps = "".join(
        f'<bpmn:userTask id="t{n}" name="Step {n}"><bpmn:incoming>f{n}</bpmn:incoming></bpmn:userTask>'
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="t{n}" targetRef="t{n + 1}"/>'
        for n in range(2000)
    )
    xml = file(f'<bpmn:process id="p">{steps}</bpmn:process>')
    with spent() as cpu:
        assert len(diagrams.read(xml).processes["p"].nodes) == 2000
    assert cpu.seconds < 1


def survives(xml: bytes) -> None:
    """It is refused clearly, or judged."""
    line = 1
    try:
        judged(xml)
    except diagrams.UnreadableDiagram as refusal:
        line = refusal.line
    assert line >= 1


REAL = [
    default_namespace(),
    drawing(task(form="register")),
    drawing(
        '<bpmn:subProcess id="work"><bpmn:startEvent id="in"/><bpmn:exclusiveGateway id="g" default="d"/>'
        '<bpmn:sequenceFlow id="d" sourceRef="in" targetRef="g"><bpmn:conditionExpression>=a &gt; 1'
        '</bpmn:conditionExpression></bpmn:sequenceFlow><bpmn:multiInstanceLoopCharacteristics behavior="All">'
        "<bpmn:loopCardinality>3</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:subProcess>"
        '<bpmn:boundaryEvent id="late" attachedToRef="work"><bpmn:timerEventDefinition><bpmn:timeCycle>R3/PT1H'
        "</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:laneSet><bpmn:lane id="l"><bpmn:flowNodeRef>work</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    ),
]
PIECES = [
    b"<",
    b">",
    b'"',
    b"&",
    b"/>",
    b"<bpmn:task/>",
    b'id="work"',
    b"\0",
    b"\xff",
    b"=",
    b"</bpmn:process>",
    "付".encode(),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real diagram with a few pieces cut, doubled, swapped or put in."""
    xml = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(xml))), draw(st.integers(0, 60))
        cut = bytes(xml[at : at + length])
        change = draw(st.sampled_from(["cut", "double", "move", "put"]))
        if change in ("cut", "move"):
            del xml[at : at + length]
        to = draw(st.integers(0, len(xml)))
        if change in ("double", "move"):
            xml[to:to] = cut
        elif change == "put":
            xml[to:to] = draw(st.sampled_from(PIECES))
    return bytes(xml)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_damaged_file_is_refused_clearly_or_judged(xml: bytes) -> None:
    survives(xml)


@settings(max_examples=300, deadline=2000)
@given(st.sampled_from(REAL), st.data())
def test_swapped_words_are_judged(xml: bytes, data: st.DataObject) -> None:
    words = xml.split(b'"')
    odd = list(range(1, len(words), 2))[8:]
    for _ in range(data.draw(st.integers(1, 5))):
        words[data.draw(st.sampled_from(odd))] = words[data.draw(st.sampled_from(odd))]
    survives(b'"'.join(words))


def whole(body: str) -> bytes:
    return file(f'<bpmn:process id="p">{body}</bpmn:process>')


def every(count: int, body: str) -> str:
    """The text so many times; `@` is its number, `#` the one after."""
    return "".join(body.replace("@", str(number)).replace("#", str(number + 1)) for number in range(count))


TIMER = "<bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition>"
LINK = '<bpmn:linkEventDefinition name="l"/>'
WAYS = "".join(
    f'<bpmn:sequenceFlow id="f{a}-{b}" sourceRef="g{a}" targetRef="g{b}"/>' for a in range(80) for b in range(80)
)
#: kinds of work that grew with the square of the drawing, or might: about half of what a file may have
LARGE: dict[str, Callable[[], bytes]] = {
    "tasks": lambda: whole(every(3500, '<bpmn:task id="t@"/><bpmn:sequenceFlow sourceRef="t@" targetRef="t#"/>')),
    "boundary events of one task": lambda: whole(
        '<bpmn:task id="t"/>'
        + every(
            4000, f'<bpmn:boundaryEvent id="b@" attachedToRef="t" cancelActivity="false">{TIMER}</bpmn:boundaryEvent>'
        )
    ),
    "ways out of an inclusive gateway": lambda: whole(
        '<bpmn:inclusiveGateway id="g"/>'
        + every(3500, '<bpmn:task id="t@"/><bpmn:sequenceFlow sourceRef="g" targetRef="t@"/>')
    ),
    "every exclusive gateway to every other": lambda: whole(every(80, '<bpmn:exclusiveGateway id="g@"/>') + WAYS),
    "every inclusive gateway to every other": lambda: whole(every(80, '<bpmn:inclusiveGateway id="g@"/>') + WAYS),
    "links of one name": lambda: whole(
        every(
            2000,
            f'<bpmn:intermediateThrowEvent id="t@">{LINK}</bpmn:intermediateThrowEvent>'
            f'<bpmn:intermediateCatchEvent id="c@">{LINK}</bpmn:intermediateCatchEvent>',
        )
    ),
    "links of one event": lambda: whole(
        f'<bpmn:intermediateThrowEvent id="t">{LINK * 5000}</bpmn:intermediateThrowEvent>'
        f'<bpmn:intermediateCatchEvent id="c">{LINK * 5000}</bpmn:intermediateCatchEvent>'
    ),
    "events that undo": lambda: whole(
        every(2500, '<bpmn:task id="t@"/><bpmn:endEvent id="e@"><bpmn:compensateEventDefinition/></bpmn:endEvent>')
    ),
    "names that nobody writes": lambda: whole(
        '<bpmn:scriptTask id="s"><bpmn:extensionElements><zeebe:ioMapping>'
        + every(5000, '<zeebe:input source="=some@ + 1" target="name@"/>')
        + "</zeebe:ioMapping></bpmn:extensionElements></bpmn:scriptTask>"
    ),
    "expressions": lambda: whole(
        '<bpmn:exclusiveGateway id="g"/>'
        + every(
            10,
            f'<bpmn:sequenceFlow id="f@" sourceRef="g" targetRef="g"><bpmn:conditionExpression>={"a + " * 2400}@'
            "</bpmn:conditionExpression></bpmn:sequenceFlow>",
        )
    ),
    "pools of one process": lambda: file(
        "<bpmn:collaboration>"
        + every(
            2500, '<bpmn:participant id="l@" processRef="p"/><bpmn:messageFlow id="m@" sourceRef="l@" targetRef="p"/>'
        )
        + '</bpmn:collaboration><bpmn:process id="p">'
        + every(2500, '<bpmn:receiveTask id="t@" messageRef="m"/>')
        + "</bpmn:process>"
    ),
    "correlation properties": lambda: file(
        '<bpmn:message id="m" name="m"/><bpmn:correlationProperty>'
        + '<bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:messagePath>order.no</bpmn:messagePath>'
        "</bpmn:correlationPropertyRetrievalExpression>"
        * 5000
        + '</bpmn:correlationProperty><bpmn:process id="p">'
        + every(2500, '<bpmn:receiveTask id="t@" messageRef="m"/>')
        + "</bpmn:process>"
    ),
    "sub-processes in one another": lambda: whole(
        ("<bpmn:subProcess>" * 110 + "<bpmn:task/>" * 20 + "</bpmn:subProcess>" * 110) * 40
    ),
    "a long way round many choices": lambda: whole(
        every(
            1000,
            '<bpmn:inclusiveGateway id="s@"/><bpmn:inclusiveGateway id="j@"/><bpmn:task id="t@"/>'
            '<bpmn:sequenceFlow sourceRef="s@" targetRef="t@"/><bpmn:sequenceFlow sourceRef="s@" targetRef="j@"/>'
            '<bpmn:sequenceFlow sourceRef="t@" targetRef="j@"/><bpmn:sequenceFlow sourceRef="j@" targetRef="s#"/>',
        )
    ),
    "choices side by side": lambda: whole(
        '<bpmn:parallelGateway id="s"/>'
        + every(
            800,
            '<bpmn:exclusiveGateway id="x@"/><bpmn:task id="a@"/><bpmn:task id="b@"/>'
            '<bpmn:sequenceFlow sourceRef="s" targetRef="x@"/><bpmn:sequenceFlow sourceRef="x@" targetRef="a@"/>'
            '<bpmn:sequenceFlow sourceRef="x@" targetRef="b@"/>',
        )
    ),
    "a picture": lambda: file(
        '<d:BPMNEdge xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI" bpmnElement="x">'
        + '<w:waypoint xmlns:w="http://www.omg.org/spec/DD/20100524/DI" x="1" y="2"/>' * 60_000
        + "</d:BPMNEdge>"
    ),
    "attributes": lambda: whole(
        ("<bpmn:text " + " ".join(f'zeebe:a{number}=""' for number in range(190)) + "/>") * 1000
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_drawing_takes_no_more_than_its_size(name: str) -> None:
    xml = LARGE[name]()
    with spent() as cpu:
        judged(xml)
    assert cpu.seconds < SECONDS


TOO_LARGE = {
    "16,000 tasks": lambda: whole("<bpmn:task/>" * 16_000),
    "60,000 mappings": lambda: whole(
        "<bpmn:task><bpmn:extensionElements><zeebe:ioMapping>"
        + '<zeebe:input source="=1" target="b"/>' * 60_000
        + "</zeebe:ioMapping></bpmn:extensionElements></bpmn:task>"
    ),
    "expressions of 3 MB": lambda: whole(
        every(
            300,
            f"<bpmn:task><bpmn:completionCondition>={'(' * 10_000}</bpmn:completionCondition></bpmn:task>",
        )
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_too_large_is_to_be_drawn_as_several_processes(name: str) -> None:
    xml = TOO_LARGE[name]()
    with spent() as cpu, pytest.raises(diagrams.UnreadableDiagram, match="draw it as several processes"):
        diagrams.read(xml)
    assert cpu.seconds < SECONDS


#: those that could take most, each in a process of its own
HUNGRY = [
    REFUSED[name] for name in ("an entity bomb", "100,000 deep", "an id of 5 MB", "a million elements", "5,000 lanes")
]
HUNGRY += [LARGE[name] for name in ("tasks", "ways out of an inclusive gateway", "attributes", "choices side by side")]
HUNGRY += [HARMLESS["a hundred million instances"], HARMLESS["a process that calls itself"]]
MEASURE = """
import os, resource
from tests.diagrams.mutations import lived_through
from tests.diagrams.test_hostile import HUNGRY
for make in HUNGRY:
    if not os.fork():
        lived_through(make())
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
        os._exit(0)
    os.wait()
"""


def test_none_of_them_takes_200_megabytes() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, cwd=ROOT)
    megabytes = [int(line) for line in done.stdout.split()]
    assert len(megabytes) == len(HUNGRY)
    assert max(megabytes) < 200

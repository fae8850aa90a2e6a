"""Data objects, properties and stores: what they are called, who sees them, and what associations carry."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from app import diagrams, engine
from tests.diagrams.drawings import file
from tests.engine.story import Story

OBJECTS = """
    <bpmn:dataObject id="o1" name="order"/>
    <bpmn:dataObjectReference id="r1" name="Order [new]" dataObjectRef="o1"/>
    <bpmn:dataObjectReference id="r2" name="Order [paid]" dataObjectRef="o1"/>
    <bpmn:dataObject id="o2"/>
    <bpmn:dataObjectReference id="r3" name="total" dataObjectRef="o2"/>
    <bpmn:dataObject id="o3" name="not plain"/>
    <bpmn:dataStoreReference id="s1" name="Customers" dataStoreRef="store"/>"""


def told(*steps: str, scope: str = OBJECTS, before: str = "", **data: Any) -> Story:
    """A case of a process whose steps follow each other, each with the id that stands in it."""
    ids = [step.split('id="')[1].split('"')[0] for step in steps]
    path = ["start", *ids, "end"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{one}" targetRef="{other}"/>'
        for n, (one, other) in enumerate(pairwise(path))
    )
    body = f"""<bpmn:dataStore id="store" name="Customers"/>{before}
      <bpmn:process id="p" isExecutable="true">{scope}
      <bpmn:startEvent id="start"/>{"".join(steps)}<bpmn:endEvent id="end"/>{flows}</bpmn:process>"""
    drawn = diagrams.read(file(body))
    assert [it.message for it in diagrams.check(drawn) if it.severity == "error"] == []
    return Story(diagram=drawn, data=data)


def io(inputs: str = "", outputs: str = "") -> str:
    """The inputs and outputs of a step, `id` or `id=name`."""

    def listed(kind: str, names: str) -> str:
        pairs = [each.partition("=") for each in names.split()]
        return "".join(f'<bpmn:{kind} id="{key}" name="{name}"/>' for key, _, name in pairs)

    return f"<bpmn:ioSpecification>{listed('dataInput', inputs)}{listed('dataOutput', outputs)}</bpmn:ioSpecification>"


def into(source: str, target: str, more: str = "") -> str:
    sources = "".join(f"<bpmn:sourceRef>{each}</bpmn:sourceRef>" for each in source.split())
    return (
        f"<bpmn:dataInputAssociation>{sources}<bpmn:targetRef>{target}</bpmn:targetRef>{more}"
        "</bpmn:dataInputAssociation>"
    )


def out(source: str, target: str, more: str = "") -> str:
    sources = "".join(f"<bpmn:sourceRef>{each}</bpmn:sourceRef>" for each in source.split())
    return (
        f"<bpmn:dataOutputAssociation>{sources}<bpmn:targetRef>{target}</bpmn:targetRef>{more}"
        "</bpmn:dataOutputAssociation>"
    )


def assign(source: str, target: str) -> str:
    return f"<bpmn:assignment><bpmn:from>{source}</bpmn:from><bpmn:to>{target}</bpmn:to></bpmn:assignment>"


def user(inside: str = "", key: str = "work") -> str:
    return f'<bpmn:userTask id="{key}">{inside}</bpmn:userTask>'


def script(text: str, key: str = "compute", inside: str = "") -> str:
    return (
        f'<bpmn:scriptTask id="{key}" scriptFormat="feel">{inside}<bpmn:script>{text}</bpmn:script></bpmn:scriptTask>'
    )


# -- what they are called ----------------------------------------------------------------------------------------------


def test_a_data_object_is_a_variable_by_its_name_and_null_at_first() -> None:
    story = told(user())
    assert story.data == {"order": None, "total": None, "o3": None}


def test_what_a_case_is_started_with_fills_it_by_any_of_its_names() -> None:
    assert told(user(), order=5).data["order"] == 5
    assert told(user(), o1=5).data == {"order": 5, "total": None, "o3": None}
    assert told(user(), r2=5).data["order"] == 5


def test_ids_and_references_of_one_object_mean_the_same() -> None:
    story = told(script('{o1: 1, result: "x"}'), script("{r2: o1 + order, total: r1}", "again"), user())
    assert story.data == {"order": 2, "total": 1, "o3": None, "result": "x"}


def test_a_form_that_writes_the_id_writes_the_object() -> None:
    story = told(user(), user(key="next"))
    story.answer("work", o2=7)
    assert story.data["total"] == 7
    assert "o2" not in story.data


def test_a_task_is_told_each_variable_once() -> None:
    story = told(user(), order=1)
    assert set(story.last(engine.TaskReached).data) == {"order", "total", "o3"}


def test_an_operator_corrects_the_object_by_its_id() -> None:
    story = told(user())
    story.edit(o1=9)
    assert story.data["order"] == 9
    assert "o1" not in story.data


# -- who sees them -----------------------------------------------------------------------------------------------------

INNER = """
  <bpmn:subProcess id="sub">
    <bpmn:dataObject id="inner" name="order"/>
    <bpmn:startEvent id="s"/><bpmn:userTask id="deep"/><bpmn:endEvent id="e"/>
    <bpmn:sequenceFlow id="fa" sourceRef="s" targetRef="deep"/>
    <bpmn:sequenceFlow id="fb" sourceRef="deep" targetRef="e"/>
  </bpmn:subProcess>"""


def test_an_object_of_a_sub_process_does_not_touch_the_outer_one_of_the_same_name() -> None:
    story = told(INNER, user(), order=1)
    assert story.last(engine.TaskReached).data["order"] is None
    story.answer("deep", order=2, total=3)
    assert story.data == {"order": 1, "total": 3, "o3": None}


def test_a_reference_inside_means_the_object_outside() -> None:
    inner = INNER.replace(
        '<bpmn:dataObject id="inner" name="order"/>',
        '<bpmn:dataObjectReference id="inside" name="Order [checked]" dataObjectRef="o1"/>',
    )
    story = told(inner, user(), order=1)
    story.answer("deep", inside=2)
    assert story.data["order"] == 2


def test_a_property_of_a_task_is_its_own() -> None:
    inside = '<bpmn:property id="p1" name="note"/>' + into("o1", "p1") + out("p1", "o2")
    story = told(user(inside), user(key="next"), order=4)
    assert story.last(engine.TaskReached).data["note"] == 4
    story.answer("work", note="seen")
    assert story.data == {"order": 4, "total": "seen", "o3": None}


def test_properties_of_the_process_are_its_variables() -> None:
    story = told(user(), scope='<bpmn:property id="p1" name="note"/><bpmn:property id="_x"/>', p1=1)
    assert story.data == {"note": 1, "_x": None}


# -- what associations carry -------------------------------------------------------------------------------------------


def test_an_input_is_filled_and_an_output_taken() -> None:
    story = told(user(io("i=wanted", "u=given") + into("r1", "i") + out("u", "r3")), user(key="next"), order=5)
    assert story.last(engine.TaskReached).data["wanted"] == 5
    story.answer("work", given=6, comment="fine")
    assert story.data == {"order": 5, "total": 6, "o3": None, "comment": "fine"}


def test_an_output_that_did_not_come_leaves_the_object_alone() -> None:
    story = told(user(io("", "u=given v=other") + out("u", "o1") + out("v", "o2")), user(key="next"), order=5)
    story.answer("work", other=1)
    assert story.data == {"order": 5, "total": 1, "o3": None}


def test_the_only_output_takes_what_came() -> None:
    story = told(user(io("", "u") + out("u", "o1")), user(key="next"))
    story.answer("work", name="Li", age=3)
    assert story.data["order"] == {"name": "Li", "age": 3}
    story = told(script("order + 1", inside=io("", "u") + out("u", "o2")), user(), order=1)
    assert story.data["total"] == 2


def test_transformations_and_assignments() -> None:
    twice = "<bpmn:transformation>order * 2</bpmn:transformation>"
    story = told(user(io("i=twice") + into("o1", "i", twice)), order=5)
    assert story.last(engine.TaskReached).data["twice"] == 10
    story = told(
        script("{}", inside=io("", "u=x") + out("", "o1", assign('"text"', "order") + assign("1 + 1", "total"))), user()
    )
    assert story.data == {"order": "text", "total": 2, "o3": None}
    story = told(user(io("i=wanted") + into("", "i", assign("= order.name", "wanted"))), order={"name": "Li"})
    assert story.last(engine.TaskReached).data["wanted"] == "Li"


def test_a_part_of_an_object_is_assigned() -> None:
    story = told(script("{}", inside=out("", "o1", assign("7", "order.total"))), user(), order={"id": 1})
    assert story.data["order"] == {"id": 1, "total": 7}


@pytest.mark.parametrize("place", ["bpmn:getDataObject('order')/total", "${order.total}", "= order.total", "o1/total"])
def test_a_place_is_read_as_the_tools_write_it(place: str) -> None:
    story = told(script("{}", inside=out("", "o2", assign("7", place))), user(), order={})
    assert story.data["order"] == {"total": 7}


@pytest.mark.parametrize("place", ["order..total", "order.", ""])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    step = script("{}", inside=out("", "" if not place else "o1", assign("7", place)))
    with pytest.raises(AssertionError, match="without a target"):
        told(step, user())


def test_a_target_that_stands_nowhere_is_the_variable_of_that_name() -> None:
    story = told(script("{}", inside=out("", "free", assign("7", "free") + assign("8", "free.part"))), user())
    assert story.data["free"] == {"part": 8}
    story = told(script("{}", inside=out("", "free", assign("7", ""))), user())
    assert story.data["free"] == 7


def test_constants_of_jbpm_are_texts() -> None:
    inside = io("_1=TaskName _2=limit") + into("", "_1", assign("Approve it", "_1")) + into("", "_2", assign("5", "_2"))
    drools = '<x:nothing xmlns:x="http://www.jboss.org/drools"/>'
    step = user(inside).replace("<bpmn:userTask", '<bpmn:userTask xmlns:drools="http://www.jboss.org/drools"')
    story = told(step, before=f"<bpmn:extensionElements>{drools}</bpmn:extensionElements>")
    shown = story.last(engine.TaskReached).data
    assert (shown["TaskName"], shown["limit"]) == ("Approve it", 5)


def test_ids_that_are_no_plain_names_are_carried_too() -> None:
    scope = '<bpmn:dataObject id="_5-A.1"/>'
    story = told(user(io("_i-1", "_u-1") + into("_5-A.1", "_i-1") + out("_u-1", "_5-A.1")), user(key="n"), scope=scope)
    assert story.last(engine.TaskReached).data["_i-1"] is None
    story.do(engine.TaskDone(story.ref("work"), {"_u-1": 3}))
    assert story.data == {"_5-A.1": 3}


@pytest.mark.parametrize("where", ["o1", "r1", "s1"])
def test_what_bpmn_io_only_draws_means_nothing(where: str) -> None:
    placeholder = '<bpmn:property id="Property_1" name="__targetRef_placeholder"/>'
    story = told(user(placeholder + into(where, "Property_1") + out("", where)), user(key="next"), order=1)
    assert "Property_1" not in story.last(engine.TaskReached).data
    story.answer("work", order=2)
    assert story.data == {"order": 2, "total": None, "o3": None}
    assert not story.all(engine.StoreWritten)


def test_a_message_is_carried_from_an_object_into_an_object() -> None:
    message = '<bpmn:message id="m" name="paid"/>'
    throw = (
        '<bpmn:intermediateThrowEvent id="say"><bpmn:dataInput id="di"/>' + into("o1", "di")
        + '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateThrowEvent>'
    )  # fmt: skip
    catch = (
        '<bpmn:intermediateCatchEvent id="hear"><bpmn:dataOutput id="do"/>' + out("do", "o2")
        + '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>'
    )  # fmt: skip
    story = told(throw, catch, user(), before=message, order={"amount": 5})
    sent = story.last(engine.MessageSent).payload
    assert sent == {"di": {"amount": 5}}
    story.message("hear", **sent)
    assert story.data["total"] == {"amount": 5}


# -- several instances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["r1", "o1", "i"])
def test_a_multi_instance_takes_its_items_from_data_and_puts_its_results_there(source: str) -> None:
    loop = (
        f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>{source}</bpmn:loopDataInputRef>"
        "<bpmn:loopDataOutputRef>all</bpmn:loopDataOutputRef>"
        '<bpmn:inputDataItem id="item-1"/><bpmn:outputDataItem id="made-1"/></bpmn:multiInstanceLoopCharacteristics>'
    )
    carried = (
        (into("o1", "i") if source == "i" else "") + into("item-1", "one") + out("res", "made-1") + out("all", "o2")
    )
    story = told(user(io("i=items one=one", "all res=res") + carried + loop), user(key="next"), order=[1, 2])
    shown = [it.data["one"] for it in story.all(engine.TaskReached)]
    assert shown == [1, 2]
    story.answer("work", 0, res="a")
    story.answer("work", 0, res="b")
    assert story.data["total"] == ["a", "b"]


# -- called processes --------------------------------------------------------------------------------------------------


def test_a_called_process_gets_its_inputs_and_gives_its_outputs_and_nothing_else() -> None:
    called = diagrams.read(
        file(f"""<bpmn:process id="other" isExecutable="true">{io("a=amount", "b=fee")}
        <bpmn:startEvent id="s2"/>{script("{fee: amount * 2, secret: order}", "inside")}<bpmn:endEvent id="e2"/>
        <bpmn:sequenceFlow id="g1" sourceRef="s2" targetRef="inside"/>
        <bpmn:sequenceFlow id="g2" sourceRef="inside" targetRef="e2"/></bpmn:process>""")
    )
    call = (
        '<bpmn:callActivity id="call" calledElement="other">' + io("i=amount", "u=fee") + into("o1", "i")
        + out("u", "o2") + "</bpmn:callActivity>"
    )  # fmt: skip
    drawn = told(user(key="first"), call, user(), order=4).diagram
    story = Story(diagram=drawn, calls=(called,), data={"order": 4})
    story.answer("first")
    assert story.data == {"order": 4, "total": 8, "o3": None}


# -- data stores -------------------------------------------------------------------------------------------------------


def test_a_data_store_is_read_and_written_by_association() -> None:
    story = told(
        user(io("", "u=who") + out("u", "s1")),
        script("{}", inside=out("s1", "s1", assign('Customers + "!"', "s1"))),
        user(io("i=known") + into("s1", "i"), key="look"),
    )  # fmt: skip
    story.answer("work", who="Li")
    assert story.host.stores == {"Customers": "Li!"}
    assert story.last(engine.TaskReached).data["known"] == "Li!"
    assert "Customers" not in story.data
    assert [it.value for it in story.all(engine.StoreWritten)] == ["Li", "Li!"]


def test_a_part_of_a_store_is_written_and_the_rest_kept() -> None:
    story = told(script("{}", inside=out("", "s1", assign("1", "Customers.a"))), user())
    assert story.host.stores == {"Customers": {"a": 1}}


@pytest.mark.parametrize("name", ["Customers", "store"])
def test_a_line_to_a_store_means_the_variable_that_is_called_like_it(name: str) -> None:
    look = user('<bpmn:property id="Q" name="__targetRef_placeholder"/>' + into("s1", "Q"), "look")
    story = told(user(out("", "s1")), look)
    story.answer("work", **{name: 7, "other": 8})
    assert story.host.stores == {"Customers": 7}
    shown = story.last(engine.TaskReached).data
    assert (shown["Customers"], shown["store"]) == (7, 7)
    assert story.data == {"order": None, "total": None, "o3": None, "other": 8}


def test_a_service_beside_a_drawn_store_is_given_everything() -> None:
    step = '<bpmn:serviceTask id="call" xmlns:c="http://camunda.org/schema/1.0/bpmn" c:topic="t">'
    story = told(step + into("s1", "") + "</bpmn:serviceTask>", order=1)
    assert story.last(engine.ServiceCalled).inputs == {
        "order": 1, "total": None, "o3": None, "Customers": None, "store": None
    }  # fmt: skip


def test_a_warm_case_sees_what_others_have_stored_meanwhile() -> None:
    look = io("i=seen") + into("s1", "i")
    story = told(user(look, "one"), user(io("j=seen") + into("s1", "j"), "two"))
    story.stored = False
    assert story.last(engine.TaskReached).data["seen"] is None
    story.host.stores["Customers"] = "Li"
    story.answer("one")
    assert story.last(engine.TaskReached).data["seen"] == "Li"


def test_a_case_that_was_stored_before_the_object_was_drawn_keeps_it_where_it_is_drawn() -> None:
    """Another version of the drawing declares it: the piece of the sub-process knows nothing of it yet."""
    story = told(INNER, user(), order=1)
    (inner,) = (path for path in story.pieces if path)
    story.pieces[inner] = story.pieces[inner].replace(b'"data":{"order":null},', b"")
    assert b"order" not in story.pieces[inner]
    story.answer("deep", order=2)
    assert story.data["order"] == 1

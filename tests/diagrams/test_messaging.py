"""Messages without a name of their own: message flows and labels say which they are; operations and keys are read."""

from __future__ import annotations

import pytest

from app import diagrams
from app.diagrams import Diagram
from tests.diagrams.drawings import file

MESSAGE = '<bpmn:message id="m" name="order placed"/>'


def shop(
    *, flow: str = "", throw: str = "", catch: str = "", pool: str = "there", label: str = "", more: str = ""
) -> Diagram:
    """Two pools; what the customer throws, the shop begins with. `flow` and the like are attributes."""
    return diagrams.read(
        file(f"""{more}<bpmn:collaboration id="c">
      <bpmn:participant id="here" processRef="customer"/><bpmn:participant id="there" processRef="shop"/>
      <bpmn:messageFlow id="mf" sourceRef="say" targetRef="{pool}" {flow}/></bpmn:collaboration>
    <bpmn:process id="customer" isExecutable="true"><bpmn:startEvent id="s1"/>
      <bpmn:intermediateThrowEvent id="say" name="{label}"><bpmn:messageEventDefinition {throw}/>
      </bpmn:intermediateThrowEvent><bpmn:endEvent id="e1"/>
      <bpmn:sequenceFlow id="f1" sourceRef="s1" targetRef="say"/>
      <bpmn:sequenceFlow id="f2" sourceRef="say" targetRef="e1"/></bpmn:process>
    <bpmn:process id="shop" isExecutable="true">
      <bpmn:startEvent id="hear"><bpmn:messageEventDefinition {catch}/></bpmn:startEvent>
      <bpmn:endEvent id="e2"/><bpmn:sequenceFlow id="f3" sourceRef="hear" targetRef="e2"/></bpmn:process>""")
    )


def names(diagram: Diagram) -> tuple[str, str]:
    """(what is thrown, what is awaited)"""
    thrown, caught = diagram.processes["customer"].nodes["say"], diagram.processes["shop"].nodes["hear"]
    return thrown.events[0].name, caught.events[0].name


@pytest.mark.parametrize("pool", ["hear", "there"])
@pytest.mark.parametrize(
    ("says", "meant"),
    [
        ({}, "mf"),
        ({"flow": 'name=" Order "'}, "Order"),
        ({"flow": 'name="Order" messageRef="m"'}, "order placed"),
        ({"throw": 'messageRef="m"', "flow": 'name="Order"'}, "order placed"),
    ],
)
def test_a_message_flow_names_the_message_at_both_its_ends(pool: str, says: dict[str, str], meant: str) -> None:
    diagram = shop(pool=pool, more=MESSAGE, **says)
    assert names(diagram) == (meant, meant)
    found = [it for it in diagrams.check(diagram) if it.rule == "event-reference"]
    assert {(it.severity, it.key.rpartition(".")[2]) for it in found} == {("info", "named-by-flow")}


def test_what_names_its_message_is_left_alone() -> None:
    diagram = shop(pool="hear", more=MESSAGE, throw='messageRef="m"', catch='messageRef="m"', flow='name="Order"')
    assert names(diagram) == ("order placed", "order placed")
    assert not [it for it in diagrams.check(diagram) if it.rule == "event-reference"]


def test_without_a_flow_the_label_is_the_name_and_without_a_label_there_is_none() -> None:
    diagram = shop(pool="nowhere", label="Order placed").processes["customer"].nodes["say"]
    assert (diagram.events[0].name, diagram.events[0].named_by) == ("mf", "flow")
    event = (
        '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:receiveTask id="r" name="{}"/>'
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="r"/></bpmn:process>'
    )
    waits = diagrams.read(file(event.format("Payment"))).processes["p"].nodes["r"].message
    assert waits is not None
    assert (waits.name, waits.named_by) == ("Payment", "label")
    nameless = diagrams.read(file(event.format("")))
    assert nameless.processes["p"].nodes["r"].message is None
    assert [it.element for it in diagrams.check(nameless) if it.rule == "event-reference"] == ["r"]


def test_the_message_of_an_operation() -> None:
    interface = (
        f'{MESSAGE}<bpmn:interface id="i" name="Bureau"><bpmn:operation id="op" name="rate">'
        "<bpmn:inMessageRef>m</bpmn:inMessageRef></bpmn:operation></bpmn:interface>"
    )
    steps = (
        '<bpmn:sendTask id="a" operationRef="op"/><bpmn:receiveTask id="b" operationRef="op"/>'
        '<bpmn:serviceTask id="c" operationRef="op"/><bpmn:intermediateCatchEvent id="d"><bpmn:messageEventDefinition>'
        "<bpmn:operationRef>op</bpmn:operationRef></bpmn:messageEventDefinition></bpmn:intermediateCatchEvent>"
    )
    nodes = diagrams.read(file(f'{interface}<bpmn:process id="p">{steps}</bpmn:process>')).processes["p"].nodes
    for each in (nodes["a"].message, nodes["b"].message, nodes["d"].events[0]):
        assert each is not None
        assert each.name == "order placed"
    assert nodes["c"].service is not None
    assert nodes["c"].service.type.text == "rate"


PROPERTIES = """{message}<bpmn:correlationProperty id="cp" name="order"><bpmn:correlationPropertyRetrievalExpression
    messageRef="m"><bpmn:messagePath>{path}</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>
    </bpmn:correlationProperty>{more}"""
PROCESS = """<bpmn:process id="p">{subscription}<bpmn:intermediateThrowEvent id="say">
    <bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateThrowEvent>
    <bpmn:receiveTask id="hear" messageRef="m"/></bpmn:process>"""
BOUND = """<bpmn:correlationSubscription id="cs" correlationKeyRef="ck"><bpmn:correlationPropertyBinding id="b"
    correlationPropertyRef="cp"><bpmn:dataPath>mine.number</bpmn:dataPath></bpmn:correlationPropertyBinding>
    </bpmn:correlationSubscription>"""


@pytest.mark.parametrize(
    ("path", "more", "subscription", "thrown", "caught"),
    [
        ("order.number", "", "", "order.number", "order.number"),
        ("= order.number", "", BOUND, "order.number", "mine.number"),
        (
            "${number}",
            '<bpmn:correlationProperty id="cp2"><bpmn:correlationPropertyRetrievalExpression messageRef="m">'
            "<bpmn:messagePath>year</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>"
            "</bpmn:correlationProperty>",
            "",
            "[number, year]",
            "[number, year]",
        ),
    ],
)
def test_correlation_properties_are_a_key(path: str, more: str, subscription: str, thrown: str, caught: str) -> None:
    xml = file(PROPERTIES.format(message=MESSAGE, path=path, more=more) + PROCESS.format(subscription=subscription))
    nodes = diagrams.read(xml).processes["p"].nodes
    says, hears = nodes["say"].events[0], nodes["hear"].message
    assert says.correlation is not None
    assert hears is not None
    assert hears.correlation is not None
    assert (says.correlation.text, hears.correlation.text) == (thrown, caught)
    assert hears.key_may_lack
    assert not hears.by_properties


def test_correlation_that_is_no_simple_path_is_told() -> None:
    xml = file(PROPERTIES.format(message=MESSAGE, path="//order[1]/@id", more="") + PROCESS.format(subscription=""))
    hears = diagrams.read(xml).processes["p"].nodes["hear"].message
    assert hears is not None
    assert (hears.correlation, hears.by_properties) == (None, True)

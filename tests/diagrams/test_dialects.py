"""Diagrams as each tool writes them: everything that means the same is read as the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from app import diagrams
from app.diagrams import Expression, Node
from tests.diagrams.drawings import BPMN, drawing, file
from tests.engine.story import Story


def work(step: str, more: str = "") -> Node:
    """The node `work` of a drawing around this step."""
    return diagrams.read(drawing(step, more=more)).processes["p"].nodes["work"]


def extended(kind: str, inner: str, attributes: str = "", rest: str = "") -> str:
    return (
        f'<bpmn:{kind} id="work" {attributes}><bpmn:extensionElements>{inner}</bpmn:extensionElements>'
        f"{rest}</bpmn:{kind}>"
    )


def said(expression: Expression | None) -> tuple[str, str] | None:
    return (expression.language, expression.text) if expression is not None else None


# -- people ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        extended(
            "userTask",
            '<zeebe:userTask/><zeebe:formDefinition formId="pay"/>'
            '<zeebe:assignmentDefinition assignee="=owner" candidateGroups="BU" candidateUsers="lin"/>'
            '<zeebe:taskSchedule dueDate="P1D" followUpDate="PT4H"/><zeebe:priorityDefinition priority="70"/>',
        ),
        '<bpmn:userTask id="work" camunda:formRef="pay" camunda:assignee="=owner" camunda:candidateGroups="BU" '
        'camunda:candidateUsers="lin" camunda:dueDate="P1D" camunda:followUpDate="PT4H" camunda:priority="70"/>',
    ],
    ids=["camunda-8", "camunda-7"],
)
def test_forms_assignment_and_due_dates(step: str) -> None:
    node = work(step)
    assert node.form == "pay"
    assert said(node.assignment.assignee) == ("feel", "owner")
    assert said(node.assignment.groups) == ("literal", "BU")
    assert said(node.assignment.users) == ("literal", "lin")
    assert said(node.schedule.due) == ("literal", "P1D")
    assert said(node.schedule.follow_up) == ("literal", "PT4H")
    assert said(node.priority) == ("literal", "70")


def test_forms_of_spiffworkflow_and_embedded_forms() -> None:
    spiff = '<spiffworkflow:properties><spiffworkflow:property name="formJsonSchemaFilename" value="pay.json"/>'
    assert work(extended("userTask", f"{spiff}</spiffworkflow:properties>")).form == "pay"
    assert work('<bpmn:userTask id="work" camunda:formKey="embedded:app:pay"/>').form == "pay"


def test_activiti_and_flowable_are_camunda_by_another_name() -> None:
    for space in ("http://activiti.org/bpmn", "http://flowable.org/bpmn"):
        assert said(work(f'<bpmn:userTask xmlns:a="{space}" id="work" a:assignee="lin"/>').assignment.assignee) == (
            "literal",
            "lin",
        )


def test_the_resources_of_bpmn_itself_say_who_where_no_tool_does() -> None:
    def resource(role: str, text: str) -> str:
        said_ = f"<bpmn:formalExpression>{text}</bpmn:formalExpression>"
        return (
            f"<bpmn:{role}><bpmn:resourceAssignmentExpression>{said_}</bpmn:resourceAssignmentExpression></bpmn:{role}>"
        )

    owners = resource("potentialOwner", "user(lin), group(CS) , OP") + resource("humanPerformer", "=owner")
    node = work(f'<bpmn:userTask id="work">{owners}</bpmn:userTask>')
    assert said(node.assignment.assignee) == ("feel", "owner")
    assert said(node.assignment.groups) == ("literal", "CS,OP")
    assert said(node.assignment.users) == ("literal", "lin")
    node = work(f'<bpmn:userTask id="work" camunda:assignee="wang">{owners}</bpmn:userTask>')
    assert said(node.assignment.assignee) == ("literal", "wang")
    assert node.assignment.groups is None


# -- machines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (extended("serviceTask", '<zeebe:taskDefinition type="mail"/>'), "mail"),
        ('<bpmn:serviceTask id="work" camunda:type="external" camunda:topic="mail"/>', "mail"),
        ('<bpmn:serviceTask id="work" camunda:class="org.example.Mail"/>', "org.example.Mail"),
        ('<bpmn:serviceTask id="work" camunda:delegateExpression="${mail}"/>', "${mail}"),
        (extended("serviceTask", '<spiffworkflow:serviceTaskOperator id="mail/send"/>'), "mail/send"),
    ],
)
def test_what_a_service_task_asks_for(step: str, kind: str) -> None:
    service = work(step).service
    assert service is not None
    assert said(service.type) == ("literal", kind)


def test_retries_and_headers_of_a_service_task() -> None:
    inner = (
        '<zeebe:taskDefinition type="=channel" retries="5"/>'
        '<zeebe:taskHeaders><!-- to whom --><zeebe:header key="to" value="x"/></zeebe:taskHeaders>'
    )
    service = work(extended("serviceTask", inner)).service
    assert service is not None
    assert (said(service.type), service.retries, service.headers) == (("feel", "channel"), 5, {"to": "x"})


@pytest.mark.parametrize(
    "step",
    [
        extended("businessRuleTask", '<zeebe:calledDecision decisionId="limits" resultVariable="limit"/>'),
        '<bpmn:businessRuleTask id="work" camunda:decisionRef="limits" camunda:resultVariable="limit"/>',
    ],
)
def test_decisions(step: str) -> None:
    called = work(step).called
    assert called is not None
    assert (said(called.target), called.result) == (("literal", "limits"), "limit")


def test_decisions_of_spiffworkflow() -> None:
    step = extended("businessRuleTask", "<spiffworkflow:calledDecisionId>limits</spiffworkflow:calledDecisionId>")
    called = work(step).called
    assert called is not None
    assert said(called.target) == ("literal", "limits")


@pytest.mark.parametrize(
    ("step", "script"),
    [
        (extended("scriptTask", '<zeebe:script expression="=1 + 1" resultVariable="n"/>'), ("feel", "1 + 1", "n")),
        (
            '<bpmn:scriptTask id="work" scriptFormat="feel" camunda:resultVariable="n">'
            "<bpmn:script>= 1 + 1</bpmn:script></bpmn:scriptTask>",
            ("feel", "1 + 1", "n"),
        ),
        ('<bpmn:scriptTask id="work"><bpmn:script>n = 2</bpmn:script></bpmn:scriptTask>', ("python", "n = 2", "")),
        (
            '<bpmn:scriptTask id="work" scriptFormat="JavaScript"><bpmn:script>n</bpmn:script></bpmn:scriptTask>',
            ("javascript", "n", ""),
        ),
    ],
)
def test_scripts_keep_their_language(step: str, script: tuple[str, str, str]) -> None:
    found = work(step).script
    assert found is not None
    assert (found.format, found.text, found.result) == script


# -- data --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "inner",
    [
        '<zeebe:ioMapping><zeebe:input source="=a.b" target="x"/>'
        '<zeebe:output source="=y" target="z.w"/></zeebe:ioMapping>',
        '<camunda:inputOutput><camunda:inputParameter name="x">=a.b</camunda:inputParameter>'
        '<camunda:outputParameter name="z.w">=y</camunda:outputParameter></camunda:inputOutput>',
    ],
)
def test_input_and_output_mappings(inner: str) -> None:
    node = work(extended("serviceTask", inner))
    assert [(said(each.source), each.target) for each in node.inputs] == [(("feel", "a.b"), "x")]
    assert [(said(each.source), each.target) for each in node.outputs] == [(("feel", "y"), "z.w")]


def test_a_parameter_that_is_no_text_keeps_its_language_and_an_empty_one_is_null() -> None:
    inner = (
        '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:list/></camunda:inputParameter>'
        '<camunda:inputParameter name="b"><camunda:script scriptFormat="groovy">1</camunda:script>'
        '</camunda:inputParameter><camunda:inputParameter name="c"/></camunda:inputOutput>'
    )
    found = [said(each.source) for each in work(extended("serviceTask", inner)).inputs]
    assert found == [("list", ""), ("groovy", "1"), ("feel", "null")]


@pytest.mark.parametrize("text", ["Order ${number} of ${customer}", "accounting,#{group}", "${a},b"])
def test_a_text_with_juel_in_it_is_no_plain_text(text: str) -> None:
    inner = (
        f'<camunda:inputOutput><camunda:inputParameter name="a">{text}</camunda:inputParameter></camunda:inputOutput>'
    )
    assert [said(each.source) for each in work(extended("serviceTask", inner)).inputs] == [("juel", text)]
    assert said(work(f'<bpmn:userTask id="work" camunda:candidateGroups="{text}"/>').assignment.groups) == (
        "juel",
        text,
    )


def test_a_called_process_may_be_written_with_a_prefix_of_the_file() -> None:
    for written, meant in (("bpmn:q", "q"), ("q", "q"), ("q:1:4711", "q:1:4711")):
        called = work(f'<bpmn:callActivity id="work" calledElement="{written}"/>').called
        assert called is not None
        assert said(called.target) == ("literal", meant)


def test_a_call_passes_everything_unless_it_says_what() -> None:
    plain = work('<bpmn:callActivity id="work" calledElement="q"/>').called
    assert plain is not None
    assert (said(plain.target), plain.propagate_in, plain.propagate_out) == (("literal", "q"), True, True)
    own = work(extended("callActivity", '<camunda:in source="a" target="b"/>', 'calledElement="q"'))
    assert own.called is not None
    assert not own.called.propagate_in
    assert [(said(each.source), each.target) for each in own.inputs] == [(("feel", "a"), "b")]
    every = work(extended("callActivity", '<camunda:in variables="all"/>', 'calledElement="q"')).called
    assert every is not None
    assert every.propagate_in
    zeebe = '<zeebe:calledElement processId="=wanted" propagateAllChildVariables="false" bindingType="deployment"/>'
    called = work(extended("callActivity", zeebe)).called
    assert called is not None
    assert (said(called.target), called.propagate_in, called.propagate_out, called.version) == (
        ("feel", "wanted"),
        True,
        False,
        "deployment",
    )


@pytest.mark.parametrize(
    "loop",
    [
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements><zeebe:loopCharacteristics '
        'inputCollection="=items" inputElement="item" outputCollection="results" outputElement="=result"/>'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>",
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true">'
        "<bpmn:loopDataInputRef>items</bpmn:loopDataInputRef>"
        "<bpmn:loopDataOutputRef>results</bpmn:loopDataOutputRef>"
        '<bpmn:inputDataItem id="item" name="the item"/><bpmn:outputDataItem id="_1" name="result"/>'
        "</bpmn:multiInstanceLoopCharacteristics>",
    ],
    ids=["zeebe", "standard"],
)
def test_multi_instance_over_a_collection(loop: str) -> None:
    found = work(f'<bpmn:userTask id="work">{loop}</bpmn:userTask>').loop
    assert found is not None
    assert found.sequential
    assert (said(found.collection), found.element_variable) == (("feel", "items"), "item")
    assert (found.output_collection, said(found.output_element)) == ("results", ("feel", "result"))


def test_multi_instance_of_camunda_7_and_with_a_number() -> None:
    attributes = 'camunda:collection="items" camunda:elementVariable="item"'
    step = f'<bpmn:userTask id="work"><bpmn:multiInstanceLoopCharacteristics {attributes}/></bpmn:userTask>'
    found = work(step).loop
    assert found is not None
    assert (said(found.collection), found.element_variable) == (("feel", "items"), "item")
    assert not found.sequential
    number = "<bpmn:loopCardinality>3</bpmn:loopCardinality><bpmn:completionCondition>=done</bpmn:completionCondition>"
    inner = f"<bpmn:multiInstanceLoopCharacteristics>{number}</bpmn:multiInstanceLoopCharacteristics>"
    loop = work(f'<bpmn:task id="work">{inner}</bpmn:task>').loop
    assert loop is not None
    assert (said(loop.cardinality), said(loop.completion)) == (("feel", "3"), ("feel", "done"))


@pytest.mark.parametrize("holder", ["zeebe:properties/zeebe:property", "camunda:properties/camunda:property"])
def test_properties(holder: str) -> None:
    outer, inner = holder.split("/")
    step = extended("userTask", f'<{outer}><{inner} name="laneway.fourEyes" value="pay"/></{outer}>')
    assert work(step).properties == {"laneway.fourEyes": "pay"}


# -- events ------------------------------------------------------------------------------------------------------------

MESSAGE = (
    '<bpmn:message id="m" name="paid"><bpmn:extensionElements><zeebe:subscription correlationKey="=order"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:error id="e" name="Lost" errorCode="LOST"/>'
)


def test_a_message_brings_its_name_and_correlation() -> None:
    catch = '<bpmn:messageEventDefinition messageRef="m"/>'
    (event,) = work(f'<bpmn:boundaryEvent id="work">{catch}</bpmn:boundaryEvent>', MESSAGE).events
    assert (event.kind, event.ref, event.name, said(event.correlation)) == ("message", "m", "paid", ("feel", "order"))
    received = work('<bpmn:receiveTask id="work" messageRef="m"/>', MESSAGE).message
    assert received is not None
    assert (received.name, said(received.correlation)) == ("paid", ("feel", "order"))


def test_an_event_definition_may_stand_elsewhere() -> None:
    timer = "<bpmn:timeDuration>PT1H</bpmn:timeDuration>"
    more = f'<bpmn:timerEventDefinition id="t">{timer}</bpmn:timerEventDefinition>'
    reference = "<bpmn:eventDefinitionRef>t</bpmn:eventDefinitionRef>"
    (event,) = work(f'<bpmn:intermediateCatchEvent id="work">{reference}</bpmn:intermediateCatchEvent>', more).events
    assert (event.kind, event.timer_kind, said(event.expression)) == ("timer", "duration", ("literal", "PT1H"))
    (event,) = work(f'<bpmn:startEvent id="work">{reference}</bpmn:startEvent>').events
    assert event.kind == "unknown"


def test_references_with_a_prefix_are_the_same() -> None:
    step = '<bpmn:endEvent id="work"><bpmn:errorEventDefinition errorRef="tns:e"/></bpmn:endEvent>'
    (event,) = work(step, MESSAGE).events
    assert (event.ref, event.name, event.code) == ("e", "Lost", "LOST")


@pytest.mark.parametrize(
    ("element", "text", "kind", "meant"),
    [
        ("timeDuration", "PT1H", "duration", ("literal", "PT1H")),
        ("timeDuration", '"PT1H"', "duration", ("literal", "PT1H")),
        ("timeDuration", " 'PT1H' ", "duration", ("literal", "PT1H")),
        ("timeDate", "=deadline", "date", ("feel", "deadline")),
        ("timeCycle", "${every}", "cycle", ("juel", "${every}")),
    ],
)
def test_timers(element: str, text: str, kind: str, meant: tuple[str, str]) -> None:
    timer = f"<bpmn:timerEventDefinition><bpmn:{element}>{text}</bpmn:{element}></bpmn:timerEventDefinition>"
    (event,) = work(f'<bpmn:intermediateCatchEvent id="work">{timer}</bpmn:intermediateCatchEvent>').events
    assert (event.timer_kind, said(event.expression)) == (kind, meant)


@pytest.mark.parametrize("no", ["false", "0"])
def test_a_boundary_event_may_leave_its_activity_alone(no: str) -> None:
    timer = "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>"
    event = f'<bpmn:boundaryEvent id="late" attachedToRef="work" cancelActivity="{no}">{timer}</bpmn:boundaryEvent>'
    late = diagrams.read(drawing(f'<bpmn:task id="work"/>{event}')).processes["p"].nodes["late"]
    assert (late.attached_to, late.interrupting) == ("work", False)


# -- drawings ----------------------------------------------------------------------------------------------------------


def default_namespace() -> bytes:
    """As Signavio and bizagi write: no prefix, ids with `sid-`, their own extensions."""
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<definitions xmlns="{BPMN}" xmlns:signavio="http://www.signavio.com" xmlns:bizagi="http://www.bizagi.com/bpmn20"
    exporter="Signavio Process Editor" id="sid-1" targetNamespace="http://www.signavio.com">
  <process id="sid-p" name="Pay out" processType="None" isClosed="false">
    <extensionElements><bizagi:BizagiExtensions><bizagi:BizagiProperties/></bizagi:BizagiExtensions></extensionElements>
    <laneSet id="sid-ls"><lane id="sid-l" name="Customer service">
      <extensionElements><signavio:signavioMetaData metaKey="bgcolor" metaValue=""/></extensionElements>
      <flowNodeRef>sid-a</flowNodeRef><flowNodeRef>sid-b</flowNodeRef></lane></laneSet>
    <startEvent id="sid-a" name=""><outgoing>sid-f</outgoing></startEvent>
    <endEvent id="sid-b" name=""><incoming>sid-f</incoming></endEvent>
    <sequenceFlow id="sid-f" sourceRef="sid-a" targetRef="sid-b"/>
  </process>
</definitions>""".encode()


def test_the_default_namespace_of_signavio_and_bizagi() -> None:
    diagram = diagrams.read(default_namespace())
    process = diagram.processes["sid-p"]
    assert diagram.exporter == "Signavio Process Editor"
    assert process.nodes["sid-a"].outgoing == process.nodes["sid-b"].incoming == ("sid-f",)
    assert process.nodes["sid-a"].lane == ("sid-l",)
    assert {(unread.element, unread.name.rpartition("}")[2]) for unread in diagram.unread} == {
        ("sid-p", "BizagiExtensions"),
        ("sid-l", "signavioMetaData"),
    }
    assert diagram.source == default_namespace()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings(encoding: str) -> None:
    text = drawing('<bpmn:task id="work" name="付款"/>').decode().replace("UTF-8", encoding.removesuffix("-sig"))
    encoded = text.encode(encoding)
    if encoding in ("utf-16-le", "utf-16-be"):
        text = text.replace(f'encoding="{encoding}"', 'encoding="UTF-16"')
        encoded = "\ufeff".encode(encoding) + text.encode(encoding)
    assert diagrams.read(encoded).processes["p"].nodes["work"].name == "付款"


def test_prefixes_are_only_prefixes() -> None:
    odd = drawing('<bpmn:task id="work"/>').replace(b"bpmn:", b"ns0-7:")
    assert list(diagrams.read(odd.replace(b"xmlns:bpmn=", b"xmlns:ns0-7=")).processes["p"].nodes) == [
        "start",
        "work",
        "end",
    ]


def test_flows_without_ids_get_one_each() -> None:
    flow = '<bpmn:sequenceFlow sourceRef="work" targetRef="end"/>'
    process = diagrams.read(drawing(f'<bpmn:task id="work"/>{flow}{flow}')).processes["p"]
    assert process.nodes["work"].outgoing == ("flow:work:end:0", "flow:work:end:1", "f2")


def test_nested_lanes_give_paths_and_their_nodes_the_whole_way() -> None:
    inner = '<bpmn:lane id="b" name="Desk"><bpmn:flowNodeRef>work</bpmn:flowNodeRef></bpmn:lane><bpmn:lane id="c"/>'
    lanes = (
        '<bpmn:laneSet><bpmn:lane id="a" name="Service"><bpmn:flowNodeRef>work</bpmn:flowNodeRef>'
        f"<bpmn:childLaneSet>{inner}</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    )
    sub = f'<bpmn:subProcess id="work"><bpmn:task id="deep"/></bpmn:subProcess>{lanes}'
    process = diagrams.read(drawing(sub)).processes["p"]
    assert [(lane.id, lane.path, lane.parent) for lane in process.lanes.values()] == [
        ("a", "Service", ""),
        ("b", "Service/Desk", "a"),
        ("c", "Service/c", "a"),
    ]
    assert process.nodes["work"].lane == process.nodes["deep"].lane == ("a", "b")
    assert process.nodes["start"].lane == ()


def test_names_in_other_languages() -> None:
    inner = (
        '<i18n:translation xml:lang="zh">付款</i18n:translation>'
        '<i18n:translation xml:lang="zh" target="documentation">给客户付款。</i18n:translation>'
    )
    text = "<bpmn:documentation>Pay.</bpmn:documentation><bpmn:documentation>At once.</bpmn:documentation>"
    step = f'<bpmn:task id="work" name="Pay">{text}<bpmn:extensionElements>{inner}</bpmn:extensionElements></bpmn:task>'
    diagram = diagrams.read(drawing(step))
    node = diagram.processes["p"].nodes["work"]
    assert (node.name, node.names, node.documentations) == ("Pay", {"zh": "付款"}, {"zh": "给客户付款。"})
    assert node.documentation == "Pay.\n\nAt once."
    assert diagram.languages == ("zh",)


def test_conditions_in_each_dialect() -> None:
    ways: dict[str, tuple[str, Any]] = {
        ">=a": ("feel", "a"),
        ">${a}": ("juel", "${a}"),
        ">a": ("python", "a"),
        ' language="http://www.omg.org/spec/FEEL/20140401">a': ("feel", "a"),
        ' language="JavaScript">a': ("javascript", "a"),
        ">  ": None,
    }  # type: ignore[dict-item]
    for number, (written, meant) in enumerate(ways.items()):
        inner = f"<bpmn:conditionExpression{written}</bpmn:conditionExpression>"
        flow = f'<bpmn:sequenceFlow id="w{number}" sourceRef="work" targetRef="end">{inner}</bpmn:sequenceFlow>'
        found = diagrams.read(drawing(f'<bpmn:task id="work"/>{flow}')).processes["p"].flows[f"w{number}"]
        assert said(found.condition) == meant


def test_a_file_may_say_once_that_its_conditions_are_feel() -> None:
    flow = (
        '<bpmn:sequenceFlow id="f3" sourceRef="work" targetRef="end">'
        "<bpmn:conditionExpression>amount * 2 > 5</bpmn:conditionExpression></bpmn:sequenceFlow>"
    )
    plain = drawing(f'<bpmn:task id="work"/>{flow}').decode()
    for language, meant in (
        ("http://www.omg.org/spec/DMN/20180521/FEEL/", "feel"),
        ("http://www.w3.org/1999/XPath", "python"),
    ):
        xml = plain.replace("<bpmn:definitions ", f'<bpmn:definitions expressionLanguage="{language}" ')
        condition = diagrams.read(xml.encode()).processes["p"].flows["f3"].condition
        assert said(condition) == (meant, "amount * 2 > 5")


def test_pools_message_flows_data_and_the_version_tag() -> None:
    body = """<bpmn:collaboration id="c"><bpmn:participant id="us" name="Bank" processRef="p"/>
      <bpmn:participant id="them" name="Customer"/>
      <bpmn:messageFlow id="mf" sourceRef="them" targetRef="us" messageRef="m"/></bpmn:collaboration>
      <bpmn:process id="p"><bpmn:extensionElements><zeebe:versionTag value="1.2"/></bpmn:extensionElements>
      <bpmn:dataObject id="o" isCollection="true"/><bpmn:dataObjectReference id="r" name="Papers" dataObjectRef="o"/>
      <bpmn:task id="work"><bpmn:dataInputAssociation><bpmn:sourceRef>r</bpmn:sourceRef></bpmn:dataInputAssociation>
      </bpmn:task></bpmn:process>"""
    diagram = diagrams.read(file(body))
    assert {pool.id: pool.process for pool in diagram.pools.values()} == {"us": "p", "them": ""}
    assert diagram.message_flows["mf"].message == "m"
    process = diagram.processes["p"]
    assert process.version_tag == "1.2"
    assert (process.data["o"].collection, process.data["r"].ref) == (True, "o")
    assert process.nodes["work"].reads == ("r",)


def test_what_no_tool_of_ours_knows_is_kept_and_listed() -> None:
    step = extended(
        "task",
        '<x:note xmlns:x="urn:x"/><camunda:executionListener class="L"/>'
        '<zeebe:executionListeners><zeebe:executionListener type="log"/></zeebe:executionListeners>',
        'camunda:asyncBefore="true"',
    )
    diagram = diagrams.read(drawing(step))
    assert [(unread.element, unread.name.rpartition("}")[2]) for unread in diagram.unread] == [
        ("work", "asyncBefore"),
        ("work", "note"),
        ("work", "executionListener"),
        ("work", "executionListeners"),
        ("work", "executionListener"),
    ]


def test_positions() -> None:
    plane = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:dd="http://www.omg.org/spec/DD/20100524/DI">'
        '<di:BPMNPlane><di:BPMNShape bpmnElement="work"><dc:Bounds x="10" y="20.5" width="100" height="oops"/>'
        '</di:BPMNShape><di:BPMNEdge bpmnElement="f1"><dd:waypoint x="1" y="2"/><dd:waypoint x="3" y="4"/>'
        "</di:BPMNEdge></di:BPMNPlane></di:BPMNDiagram>"
    )
    process = diagrams.read(drawing('<bpmn:task id="work"/>', more=plane)).processes["p"]
    box = process.nodes["work"].box
    assert box is not None
    assert (box.x, box.y, box.width, box.height) == (10, 20.5, 100, 0)
    assert process.flows["f1"].points == ((1, 2), (3, 4))


# -- cron lines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        ('xmlns:camunda="http://camunda.org/schema/1.0/bpmn"', "0 0 9 ? * MON-FRI"),
        ('xmlns:flowable="http://flowable.org/bpmn"', "0 0 9 ? * MON-FRI"),
        ('xmlns:m="http://camunda.org/schema/modeler/1.0" m:executionPlatform="Camunda Platform"', "0 0 9 ? * MON-FRI"),
        ('xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"', "0 0 9 ? * 2-6"),
        ("", "0 0 9 ? * 2-6"),
    ],
)
def test_weekdays_of_a_cron_line_are_counted_as_the_tool_counts_them(spaces: str, expected: str) -> None:
    step = (
        '<bpmn:intermediateCatchEvent id="work"><bpmn:timerEventDefinition><bpmn:timeCycle>0 0 9 ? * 2-6'
        "</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    xml = re.sub(rb' xmlns:(?!bpmn)\w+="[^"]*"', b"", drawing(step))
    xml = xml.replace(b"<bpmn:definitions", f"<bpmn:definitions {spaces}".encode(), 1)
    event = diagrams.read(xml).processes["p"].nodes["work"].events[0]
    assert said(event.expression) == ("literal", expected)


# -- what tools write besides ----------------------------------------------------------------------------------------


def test_a_service_of_spiffarena_has_parameters_and_a_variable_for_its_answer() -> None:
    inner = (
        '<spiffworkflow:serviceTaskOperator id="http/Get" resultVariable="rate"><spiffworkflow:parameters>'
        """<spiffworkflow:parameter id="url" type="str" value="'https://bank'"/>"""
        '<spiffworkflow:parameter id="who" type="str" value="customer"/><spiffworkflow:parameter id="none"/>'
        "</spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>"
    )
    node = work(extended("serviceTask", inner))
    assert node.service is not None
    assert (node.service.type.text, node.service.result) == ("http/Get", "rate")
    inputs = [(said(each.source), each.target) for each in node.inputs]
    assert inputs == [(("python", "'https://bank'"), "url"), (("python", "customer"), "who")]


def test_the_whole_answer_is_the_variable_that_the_service_names() -> None:
    inner = '<spiffworkflow:serviceTaskOperator id="http/Get" resultVariable="rate"/>'
    story = Story(diagram=diagrams.read(drawing(extended("serviceTask", inner))))
    story.serve("work", status=200)
    assert story.data == {"rate": {"status": 200}}


def test_instructions_of_spiffarena_document_a_task_that_has_no_documentation() -> None:
    told = "<spiffworkflow:instructionsForEndUser>Ask first.</spiffworkflow:instructionsForEndUser>"
    assert work(extended("userTask", told)).documentation == "Ask first."
    documented = work(extended("userTask", told, rest="<bpmn:documentation>Pay.</bpmn:documentation>"))
    assert documented.documentation == "Pay."


@pytest.mark.parametrize(
    ("step", "version"),
    [
        (extended("callActivity", '<zeebe:calledElement processId="q" bindingType="versionTag" versionTag="a"/>'),
         "tag:a"),
        (extended("callActivity", '<zeebe:calledElement processId="q" bindingType="deployment"/>'), "deployment"),
        (extended("callActivity", '<zeebe:calledElement processId="q" bindingType="latest"/>'), "latest"),
        ('<bpmn:callActivity id="work" calledElement="q" camunda:calledElementBinding="version" '
         'camunda:calledElementVersion="3"/>', "3"),
        ('<bpmn:callActivity id="work" calledElement="q" camunda:calledElementBinding="versionTag" '
         'camunda:calledElementVersionTag="a"/>', "tag:a"),
        ('<bpmn:callActivity id="work" calledElement="q" camunda:calledElementBinding="deployment"/>', "deployment"),
        ('<bpmn:callActivity id="work" calledElement="q"/>', ""),
    ],
)  # fmt: skip
def test_which_version_is_called(step: str, version: str) -> None:
    called = work(step).called
    assert called is not None
    assert called.version == version


def test_the_version_tag_of_camunda_7() -> None:
    xml = drawing('<bpmn:task id="work"/>').replace(
        b'<bpmn:process id="p"', b'<bpmn:process camunda:versionTag="1.2" id="p"'
    )
    assert diagrams.read(xml).processes["p"].version_tag == "1.2"


def test_an_error_brings_its_code_and_its_words() -> None:
    late = (
        '<bpmn:boundaryEvent id="oops" attachedToRef="work"><bpmn:errorEventDefinition '
        'camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/></bpmn:boundaryEvent>'
    )
    story = Story(diagram=diagrams.read(drawing(f'<bpmn:serviceTask id="work" camunda:topic="t"/>{late}')))
    story.break_service("work", "E7", "no such account")
    assert story.data == {"code": "E7", "why": "no such account"}


def test_a_resource_that_is_referred_to_is_a_group() -> None:
    owner = "<bpmn:potentialOwner><bpmn:resourceRef>r1</bpmn:resourceRef></bpmn:potentialOwner>"
    for resource, group in (('<bpmn:resource id="r1" name="CS"/>', "CS"), ("", "r1")):
        node = work(f'<bpmn:userTask id="work">{owner}</bpmn:userTask>', more=resource)
        assert said(node.assignment.groups) == ("literal", group)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("UTF-16", "utf-16-le"), ("UTF-16", "utf-16-be"), ("UTF-16LE", "utf-16-le"), ("ISO-8859-1", "latin-1"),
     ("windows-1252", "cp1252")],
)  # fmt: skip
def test_encodings_without_a_mark_and_of_the_west(declared: str, encoding: str) -> None:
    text = drawing('<bpmn:task id="work" name="Prüfung"/>').decode().replace("UTF-8", declared)
    read = diagrams.read(text.encode(encoding))
    assert read.processes["p"].nodes["work"].name == "Prüfung"
    assert read.source == text.encode(encoding)


@pytest.mark.parametrize("tool", sorted((Path(__file__).parent / "tools").glob("*.bpmn")), ids=lambda file: file.stem)
def test_every_file_survives_byte_for_byte(tool: Path) -> None:
    assert diagrams.read(tool.read_bytes()).source == tool.read_bytes()

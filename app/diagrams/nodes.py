"""One flow node from its element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from app.diagrams import data, events, vocabulary
from app.diagrams.model import Behavior, Box, Called, DataItem, Expression, Loop, Node, ServiceCall
from app.diagrams.names import ZEEBE, flag, is_bpmn, line_of, local, whole
from app.diagrams.vocabulary import camunda, child, expression, extension

KINDS = frozenset({
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
    "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask",
    "callActivity", "subProcess", "transaction", "adHocSubProcess",
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway",
})  # fmt: skip


@dataclass(slots=True)
class Around:
    """What a node needs to know of the file it stands in."""

    roots: events.Named
    incoming: Mapping[str, list[str]]
    outgoing: Mapping[str, list[str]]
    boxes: Mapping[str, Box]
    associated: Mapping[str, list[str]]  #: element -> what associations connect it with
    handlers: frozenset[str]  #: the activities for compensation
    items: data.Items


def node(element: etree._Element, scope: str, around: Around) -> Node:
    """Everything the element says, in our words."""
    name = element.get("id", "")
    names, documentations = vocabulary.translations(element)
    inputs, outputs = vocabulary.mappings(element)
    cargo = data.cargo(element, around.items, around.roots)
    return Node(
        id=name,
        kind=local(element),
        name=(element.get("name") or "").strip(),
        line=line_of(element),
        scope=scope,
        names=names,
        documentation=documentation(element) or vocabulary.instructions(element),
        documentations=documentations,
        incoming=tuple(around.incoming.get(name, ())),
        outgoing=tuple(around.outgoing.get(name, ())),
        default=events.stem(element.get("default")),
        events=events.definitions(element, around.roots),
        parallel_multiple=flag(element, "parallelMultiple"),
        attached_to=events.stem(element.get("attachedToRef")),
        handler=_handler(element, around),
        interrupting=flag(element, "cancelActivity", otherwise=flag(element, "isInterrupting", otherwise=True)),
        triggered_by_event=flag(element, "triggeredByEvent"),
        for_compensation=flag(element, "isForCompensation"),
        instantiate=flag(element, "instantiate"),
        initiator=(camunda(element, "initiator") or "") if local(element) == "startEvent" else "",
        event_gateway_type=element.get("eventGatewayType") or "Exclusive",
        activation=vocabulary.condition(child(element, "activationCondition")),
        ordering=element.get("ordering") or "",
        completion=vocabulary.condition(child(element, "completionCondition")),
        cancel_remaining=flag(element, "cancelRemainingInstances", otherwise=True),
        loop=_loop(element, cargo, around),
        form=vocabulary.form(element),
        assignment=vocabulary.assignment(element, around.roots),
        schedule=vocabulary.schedule(element),
        priority=vocabulary.priority(element),
        service=vocabulary.service(element) or _operation(element, around.roots),
        inputs=inputs,
        outputs=outputs,
        script=vocabulary.script(element),
        called=_called(element, cargo),
        message=events.message_of(element, around.roots),
        properties=vocabulary.properties(element),
        start_quantity=_count(element.get("startQuantity")),
        completion_quantity=_count(element.get("completionQuantity")),
        own_data=cargo.own,
        data_in=tuple(cargo.into),
        data_out=tuple(cargo.out),
        reads=_associated(element, "dataInputAssociation", "sourceRef"),
        writes=_associated(element, "dataOutputAssociation", "targetRef"),
        box=around.boxes.get(name),
    )


def _handler(element: etree._Element, around: Around) -> str:
    """The activity that an association leads to from a boundary event, whichever way it is drawn."""
    if local(element) != "boundaryEvent":
        return ""
    found = around.associated.get(element.get("id", ""), ())
    return next((name for name in found if name in around.handlers), "")


def documentation(element: etree._Element) -> str:
    """Its documentation, all of it."""
    texts = [(each.text or "").strip() for each in element if is_bpmn(each, "documentation")]
    return "\n\n".join(text for text in texts if text)


def _count(text: str | None) -> int:
    found = whole(text)
    return 1 if found is None else found


def _associated(element: etree._Element, name: str, end: str) -> tuple[str, ...]:
    found = [events.stem(ref.text) for each in element if is_bpmn(each, name) for ref in each if is_bpmn(ref, end)]
    return tuple(ref for ref in found if ref)


def _operation(element: etree._Element, roots: events.Named) -> ServiceCall | None:
    """A service task without a worker asks for the operation that it names."""
    operation = events.operation_of(element, roots) if local(element) == "serviceTask" else None
    if operation is None:
        return None
    name = (operation.get("name") or "").strip() or operation.get("implementationRef") or operation.get("id") or ""
    return ServiceCall(Expression(name, "literal", line_of(element)))


def _called(element: etree._Element, cargo: data.Cargo) -> Called | None:
    if local(element) not in ("callActivity", "businessRuleTask"):
        return None
    found = vocabulary.called(element)
    strict = cargo.is_strict and found is not None and local(element) == "callActivity"
    return replace(found, propagate_in=False, propagate_out=False) if found is not None and strict else found


def _loop(element: etree._Element, cargo: data.Cargo, around: Around) -> Loop | None:
    standard = child(element, "standardLoopCharacteristics")
    if standard is not None:
        return Loop(
            "standard",
            condition=vocabulary.condition(child(standard, "loopCondition")),
            test_before=flag(standard, "testBefore"),
            maximum=whole(standard.get("loopMaximum")),
            line=line_of(standard),
        )
    multi = child(element, "multiInstanceLoopCharacteristics")
    return None if multi is None else _multi(multi, cargo, around)


def _multi(multi: etree._Element, cargo: data.Cargo, around: Around) -> Loop:
    zeebe = extension(multi, ZEEBE, "loopCharacteristics")
    line = line_of(multi)
    given: Mapping[str, str] = {} if zeebe is None else {str(key): str(value) for key, value in zeebe.attrib.items()}
    collection = expression(given.get("inputCollection"), line) or _collection(multi, cargo, around.items, line)
    output_item = data.variable(child(multi, "outputDataItem"))
    return Loop(
        "multi",
        sequential=flag(multi, "isSequential"),
        collection=collection,
        element_variable=given.get("inputElement")
        or camunda(multi, "elementVariable")
        or data.variable(child(multi, "inputDataItem")),
        cardinality=_cardinality(multi),
        completion=vocabulary.condition(child(multi, "completionCondition")),
        output_collection=given.get("outputCollection") or _collected(multi, cargo, around.items),
        output_element=expression(given.get("outputElement"), line)
        or (Expression(output_item, "feel" if data.is_plain(output_item) else "name", line) if output_item else None),
        behavior=multi.get("behavior") or "All",
        throws=tuple(_thrown(multi, around.roots)),
        line=line,
    )


def _thrown(multi: etree._Element, roots: events.Named) -> Iterator[Behavior]:
    """What the behaviour says is thrown as instances complete."""
    behavior = multi.get("behavior") or "All"
    if behavior == "Complex":
        for each in multi:
            event = child(each, "event") if is_bpmn(each, "complexBehaviorDefinition") else None
            if event is not None:
                asked = vocabulary.condition(child(each, "condition"))
                yield from (Behavior(thrown, asked) for thrown in events.definitions(event, roots))
    elif behavior in ("None", "One"):
        target = roots.get(events.stem(multi.get(f"{behavior.lower()}BehaviorEventRef")))
        if target is not None:
            found = events.definitions(target, roots)
            yield from map(Behavior, found or (events.definition(target, roots),))


def _collection(
    multi: etree._Element, cargo: data.Cargo, items: Mapping[str, DataItem], line: int
) -> Expression | None:
    """By Camunda 7's attribute; else data that is named, or what an association carries into that input."""
    text = camunda(multi, "collection")
    if text:
        found = expression(text, line)
        return Expression(text, "feel", line) if found and found.language == "literal" else found
    ref = child(multi, "loopDataInputRef")
    if ref is None or not ref.text:
        return None
    key = events.stem(ref.text)
    carried = cargo.fills(key)
    if carried is not None and not carried.stores and not carried.fault:
        return carried.source
    if carried is not None:
        cargo.into.append(replace(carried, fault=carried.fault or "collection"))
    return _named(key, cargo, items, line)


def _named(key: str, cargo: data.Cargo, items: Mapping[str, DataItem], line: int) -> Expression:
    item = items.get(key) or next((it for it in cargo.own if it.id == key), None)
    name = item.variable if item is not None else key
    return Expression(name, "name" if item is not None and not data.is_plain(name) else "feel", line)


def _collected(multi: etree._Element, cargo: data.Cargo, items: Mapping[str, DataItem]) -> str:
    """The variable that takes what the instances yield."""
    ref = child(multi, "loopDataOutputRef")
    key = events.stem(ref.text) if ref is not None else ""
    carried = cargo.empties(key) if key else None
    if carried is not None and not carried.is_store and not carried.fault and not carried.path:
        return carried.target
    if carried is not None:
        cargo.out.append(replace(carried, fault=carried.fault or "collection"))
    return _named(key, cargo, items, 0).text if key else ""


def _cardinality(multi: etree._Element) -> Expression | None:
    element = child(multi, "loopCardinality")
    return None if element is None else expression(element.text, line_of(element), "feel")

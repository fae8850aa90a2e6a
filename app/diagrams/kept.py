"""What the reader keeps without giving it a meaning, and what it had to let go because an id came twice."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from app.diagrams.model import Repeated, Unread
from app.diagrams.names import BPMN, CAMUNDA_LIKE, I18N, SPIFF, XML, XSI, ZEEBE, line_of, local, namespace
from app.diagrams.nodes import KINDS
from app.diagrams.vocabulary import extensions

_CAMUNDA_ELEMENTS = frozenset({"in", "out", "inputOutput", "properties"})
_CAMUNDA_ATTRIBUTES = frozenset({
    "assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate", "priority", "formKey", "formRef",
    "topic", "class", "delegateExpression", "decisionRef", "resultVariable", "calledElementBinding",
    "calledElementVersion", "calledElementVersionTag", "versionTag", "type",
    "collection", "elementVariable", "errorCodeVariable", "escalationCodeVariable",
    "errorMessageVariable", "initiator",
})  # fmt: skip

#: extension elements that mean something to us, by namespace
ELEMENTS = {
    ZEEBE: frozenset({
        "formDefinition", "assignmentDefinition", "taskSchedule", "priorityDefinition", "taskDefinition",
        "ioMapping", "script", "calledElement", "calledDecision", "loopCharacteristics", "subscription",
        "taskHeaders", "properties", "userTask", "versionTag",
    }),
    I18N: frozenset({"translation"}),
    SPIFF: frozenset({"properties", "calledDecisionId", "serviceTaskOperator", "instructionsForEndUser"}),
    **dict.fromkeys(CAMUNDA_LIKE, _CAMUNDA_ELEMENTS),
}  # fmt: skip
#: listeners stand one level deeper in Camunda 8
_HOLDERS = frozenset({"executionListeners", "taskListeners"})
#: what an element says once: of two with the same mark nobody could tell which counts
_ONCE = {
    **{f"{{{BPMN}}}{name}": name for name in (
        "conditionExpression", "condition", "script", "extensionElements", "loopCondition", "loopCardinality",
        "completionCondition", "activationCondition", "loopDataInputRef", "loopDataOutputRef", "inputDataItem",
        "outputDataItem", "ioSpecification",
    )},
    **{f"{{{BPMN}}}{name}": "time" for name in ("timeDate", "timeDuration", "timeCycle")},
    **{f"{{{BPMN}}}{name}LoopCharacteristics": "loop" for name in ("standard", "multiInstance")},
    **{f"{{{ZEEBE}}}{name}": name for name in (
        "formDefinition", "assignmentDefinition", "taskSchedule", "priorityDefinition", "taskDefinition", "script",
        "calledElement", "calledDecision", "loopCharacteristics", "subscription", "taskHeaders",
    )},
}  # fmt: skip
_NAMED = KINDS | {"process", "sequenceFlow", "lane", "message", "signal", "error", "escalation", "participant"}


def unread(root: etree._Element) -> Iterator[Unread]:
    """Extension elements and attributes that we keep but give no meaning to."""
    for element in root.iter(f"{{{BPMN}}}*"):
        owner = _owner(element)
        for name in element.attrib:
            if name.startswith("{") and not _means(str(name)):
                yield Unread(owner, str(name), line_of(element))
        for each in extensions(element):
            if namespace(each) in CAMUNDA_LIKE and local(each) == "in" and each.get("businessKey"):
                yield Unread(owner, f"{{{namespace(each)}}}in@businessKey", line_of(each))
            binding = each.get("bindingType") if local(each) in ("formDefinition", "calledDecision") else None
            if binding not in (None, "latest"):
                yield Unread(owner, f"{each.tag!s}@bindingType", line_of(each))
            if local(each) not in ELEMENTS.get(namespace(each), ()):
                yield Unread(owner, str(each.tag), line_of(each))
                if local(each) in _HOLDERS:
                    yield from (Unread(owner, str(one.tag), line_of(one)) for one in each if isinstance(one.tag, str))


def _means(attribute: str) -> bool:
    space, _, name = attribute[1:].partition("}")
    return space in (XSI, XML) or (space in CAMUNDA_LIKE and name in _CAMUNDA_ATTRIBUTES)


def _owner(element: etree._Element) -> str:
    """The id of the element, or of the nearest one around it that has one."""
    at: etree._Element | None = element
    while at is not None and not at.get("id"):
        at = at.getparent()
    return at.get("id", "") if at is not None else ""


def doubled(root: etree._Element) -> Iterator[Unread]:
    """What an element says a second time although it may say it once: only the first is read."""
    for element in root.iter(f"{{{BPMN}}}*"):
        if len(element) > 1:
            said: set[str] = set()
            for each in element:
                mark = _ONCE.get(str(each.tag))
                if mark in said:
                    yield Unread(_bearer(element), str(each.tag), line_of(each))
                said.update(() if mark is None else (mark,))


def _bearer(element: etree._Element) -> str:
    """The id of the node, flow or process that an element belongs to."""
    at: etree._Element | None = element
    while at is not None and local(at) not in _NAMED:
        at = at.getparent()
    return at.get("id", "") if at is not None else ""


def repeated(root: etree._Element) -> Iterator[Repeated]:
    """Elements whose id an earlier one has: all that rules and running cases are told apart by."""
    first: dict[str, int] = {}
    for element in root.iter(f"{{{BPMN}}}*"):
        key = element.get("id")
        if not key or local(element) not in _NAMED:
            continue
        if key in first:
            yield Repeated(key, local(element), line_of(element), first[key])
        first.setdefault(key, line_of(element))

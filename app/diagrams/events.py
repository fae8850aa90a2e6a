"""Event definitions, inline or by reference, and what they refer to: messages, signals, errors, escalations."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree

from app.core import cron
from app.diagrams.model import EventDefinition, Expression
from app.diagrams.names import BPMN, CAMUNDA_LIKE, MODELER, ZEEBE, flag, is_bpmn, line_of, local
from app.diagrams.vocabulary import camunda, child, condition, expression, extension

_SUFFIX = "EventDefinition"
#: correlation properties of one message, and characters of a path: each event of that message says them all
_MOST_PROPERTIES, _LONGEST_PATH = 20, 200
_SIMPLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_REFERS = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


class Named(dict[str, etree._Element]):
    """The elements of a file by id.

    `correlated`: message -> (correlation property, where it stands in the message); `bound`: property -> the data of
    the case it is compared with.
    """

    def __init__(self, root: etree._Element) -> None:
        super().__init__((each.get("id", ""), each) for each in root.iter() if local(each) and each.get("id"))
        self.correlated: dict[str, list[tuple[str, str]]] = {}
        for each in root.findall(f"{{{BPMN}}}correlationProperty/{{{BPMN}}}correlationPropertyRetrievalExpression"):
            found = self.correlated.setdefault(stem(each.get("messageRef")), [])
            owner = each.getparent()
            found.append((owner.get("id", "") if owner is not None else "", _path(child(each, "messagePath"))))
        bindings = root.iter(f"{{{BPMN}}}correlationPropertyBinding")
        self.bound = {stem(it.get("correlationPropertyRef")): _path(child(it, "dataPath")) for it in bindings}


def _path(element: etree._Element | None) -> str:
    """`order.number`, however a tool writes it; "" for what is no such path."""
    text = ((element.text if element is not None else "") or "").strip().removeprefix("=").strip()
    text = text.removeprefix("${").removeprefix("#{").removesuffix("}").strip()
    return text if len(text) <= _LONGEST_PATH and _SIMPLE.fullmatch(text) else ""


def stem(reference: str | None) -> str:
    """A QName reference without its prefix."""
    return (reference or "").rpartition(":")[2].strip()


def definitions(element: etree._Element, roots: Named) -> tuple[EventDefinition, ...]:
    """The triggers of an event, in their order. `roots` are the elements of the file by id."""
    found: list[EventDefinition] = []
    for each in element:
        if is_bpmn(each, "eventDefinitionRef"):
            target = roots.get(stem(each.text))
            if target is not None and local(target).endswith(_SUFFIX):
                found.append(definition(target, roots))
            else:  # must not leave a plain event behind: "unknown" is run nowhere
                found.append(EventDefinition("unknown", line_of(each)))
        elif is_bpmn(each) and local(each).endswith(_SUFFIX):
            found.append(definition(each, roots))
    return tuple(found)


def definition(element: etree._Element, roots: Named) -> EventDefinition:
    """One trigger."""
    kind = local(element).removesuffix(_SUFFIX)
    made = EventDefinition(kind, line_of(element), element.get("id") or "")
    if kind == "timer":
        return _timer(element, made)
    if kind == "conditional":
        return replace(made, expression=condition(child(element, "condition")))
    if kind == "link":
        return replace(made, name=element.get("name") or "")
    if kind == "compensate":
        waits = flag(element, "waitForCompletion", otherwise=True)
        return replace(made, ref=stem(element.get("activityRef")), waits=waits)
    if kind not in _REFERS:
        return made
    ref = _message_ref(element, roots) if kind == "message" else stem(element.get(_REFERS[kind]))
    return refer(made, ref, element, roots)


def refer(made: EventDefinition, ref: str, element: etree._Element, roots: Named) -> EventDefinition:
    """Complete a trigger with what it refers to."""
    target = roots.get(ref)
    variable, words = (camunda(element, f"{made.kind}{part}Variable") or "" for part in ("Code", "Message"))
    if target is None:
        return replace(made, ref=ref, code_variable=variable, message_variable=words)
    subscription = extension(target, ZEEBE, "subscription")
    key = None if subscription is None else expression(subscription.get("correlationKey"), line_of(target))
    shared = _shared_key(ref, element, roots) if made.kind == "message" and key is None else None
    return replace(
        made,
        ref=ref,
        name=target.get("name") or ref,
        code=target.get(f"{made.kind}Code") or "",
        correlation=key or shared,
        by_properties=made.kind == "message" and key is None and shared is None and ref in roots.correlated,
        key_may_lack=shared is not None,
        code_variable=variable,
        message_variable=words,
    )


def _shared_key(ref: str, element: etree._Element, roots: Named) -> Expression | None:
    """The key of a message by BPMN's correlation properties: who throws looks into the message, who catches into its
    own data."""
    holder = element if local(element).endswith("Task") else element.getparent()
    throws = holder is not None and local(holder) in ("intermediateThrowEvent", "endEvent", "sendTask")
    pairs = roots.correlated.get(ref, [])
    if len(pairs) > _MOST_PROPERTIES:
        return None
    paths = [path if throws else roots.bound.get(name, path) for name, path in pairs]
    if not paths or not all(paths):
        return None
    text = paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"
    return Expression(text, "feel", line_of(element))


def operation_of(element: etree._Element, roots: Named) -> etree._Element | None:
    """The operation of an interface that a task or event names."""
    within = child(element, "operationRef")
    operation = roots.get(stem(element.get("operationRef") or (within.text if within is not None else "")))
    return operation if operation is not None and local(operation) == "operation" else None


def _message_ref(element: etree._Element, roots: Named) -> str:
    """Its own message, else the one that its operation takes, or gives."""
    operation = operation_of(element, roots)
    named = [child(operation, name) for name in ("inMessageRef", "outMessageRef")] if operation is not None else []
    texts = [element.get("messageRef") or "", *(it.text or "" for it in named if it is not None)]
    return next((stem(text) for text in texts if stem(text)), "")


def message_of(element: etree._Element, roots: Named) -> EventDefinition | None:
    """The message of a send or receive task."""
    if local(element) not in ("sendTask", "receiveTask"):
        return None
    ref = _message_ref(element, roots)
    return refer(EventDefinition("message", line_of(element)), ref, element, roots) if ref else None


def _timer(element: etree._Element, made: EventDefinition) -> EventDefinition:
    for name, kind in (("timeDate", "date"), ("timeDuration", "duration"), ("timeCycle", "cycle")):
        text = child(element, name)
        if text is not None:
            return replace(made, timer_kind=kind, expression=moment(text))
    return made


def moment(element: etree._Element) -> Expression | None:
    """ISO 8601 or cron as every modeler writes it; quoted, as SpiffWorkflow wants it; or FEEL."""
    found = expression(element.text, line_of(element))
    if found is None or found.language != "literal":
        return found
    text = found.text.strip("\"'")
    return replace(found, text=cron.with_names(text) if _counts_as_quartz(element) and cron.parse(text) else text)


def _counts_as_quartz(element: etree._Element) -> bool:
    """Camunda 7 and its relatives count weekdays from Sunday as 1 in cron lines; Camunda 8 and Unix from 0."""
    spaces = set(element.nsmap.values())
    platform = element.getroottree().getroot().get(f"{{{MODELER}}}executionPlatform") or ""
    return platform == "Camunda Platform" or (not spaces.isdisjoint(CAMUNDA_LIKE) and ZEEBE not in spaces)

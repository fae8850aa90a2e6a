"""Event definitions, inline or by reference, and what they refer to: messages, signals, errors, escalations."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from app.core import cron
from app.diagrams.model import EventDefinition, Expression
from app.diagrams.names import BPMN, CAMUNDA_LIKE, MODELER, ZEEBE, flag, is_bpmn, line_of, local
from app.diagrams.vocabulary import camunda, child, condition, expression, extension

_SUFFIX = "EventDefinition"
_REFERS = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


class Named(dict[str, etree._Element]):
    """The elements of a file by id; `correlated` are the messages that its correlation properties look into."""

    def __init__(self, root: etree._Element) -> None:
        super().__init__((each.get("id", ""), each) for each in root.iter() if local(each) and each.get("id"))
        looks = f"{{{BPMN}}}correlationProperty/{{{BPMN}}}correlationPropertyRetrievalExpression"
        self.correlated = frozenset(stem(each.get("messageRef")) for each in root.findall(looks))


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
    return refer(made, stem(element.get(_REFERS.get(kind, ""))), element, roots) if kind in _REFERS else made


def refer(made: EventDefinition, ref: str, element: etree._Element, roots: Named) -> EventDefinition:
    """Complete a trigger with what it refers to."""
    target = roots.get(ref)
    variable = camunda(element, f"{made.kind}CodeVariable") or ""
    if target is None:
        return replace(made, ref=ref, code_variable=variable)
    subscription = extension(target, ZEEBE, "subscription")
    key = None if subscription is None else expression(subscription.get("correlationKey"), line_of(target))
    return replace(
        made,
        ref=ref,
        name=target.get("name") or ref,
        code=target.get(f"{made.kind}Code") or "",
        correlation=key,
        by_properties=made.kind == "message" and key is None and ref in roots.correlated,
        code_variable=variable,
    )


def message_of(element: etree._Element, roots: Named) -> EventDefinition | None:
    """The message of a send or receive task."""
    ref = stem(element.get("messageRef"))
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

"""What the extension elements of each tool mean to us: Camunda 8 (`zeebe:`) first, then Camunda 7 and SpiffWorkflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from app.diagrams.model import Assignment, Called, Expression, IoMapping, Schedule, Script, ServiceCall
from app.diagrams.names import BPMN, CAMUNDA_LIKE, I18N, SPIFF, XML, ZEEBE, line_of, local, namespace, whole


def expression(text: str | None, line: int, plain: str = "literal") -> Expression | None:
    """An attribute or text as an expression: "=" begins FEEL, "${" makes it JUEL; anything else is in `plain`."""
    if text is None or not text.strip():
        return None
    stripped = text.strip()
    if stripped.startswith("="):
        return Expression(stripped[1:].strip(), "feel", line)
    if "${" in stripped or "#{" in stripped:
        return Expression(stripped, "juel", line)
    return Expression(stripped, plain, line)


def condition(element: etree._Element | None) -> Expression | None:
    """A condition element: its `language` counts, else the leading "=", else "python" as SpiffWorkflow writes it.

    FEEL may also be named once for the whole file; other languages that modelers name there say nothing.
    """
    if element is None:
        return None
    text, language = element.text or "", (element.get("language") or "").lower()
    if text.strip() and not text.strip().startswith(("=", "${", "#{")):
        if not language and "feel" in (element.getroottree().getroot().get("expressionLanguage") or "").lower():
            language = "feel"
        if "feel" in language:
            return Expression(text.strip(), "feel", line_of(element))
        if language and "python" not in language:
            return Expression(text.strip(), language, line_of(element))
    return expression(text, line_of(element), "python")


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first BPMN child of a name."""
    return next(element.iterchildren(f"{{{BPMN}}}{name}"), None) if len(element) else None


def extensions(element: etree._Element) -> Iterator[etree._Element]:
    """What stands in its extensionElements."""
    holder = child(element, "extensionElements")
    if holder is not None:
        yield from (each for each in holder if isinstance(each.tag, str))


def extension(element: etree._Element, spaces: str | tuple[str, ...], name: str) -> etree._Element | None:
    """The first extension element of a name in one of these namespaces."""
    holder = child(element, "extensionElements")
    if holder is None:
        return None
    wanted = (spaces,) if isinstance(spaces, str) else spaces
    return next(holder.iterchildren(*(f"{{{space}}}{name}" for space in wanted)), None)


def camunda(element: etree._Element, name: str) -> str | None:
    """A Camunda 7 attribute, under any of its relatives' names."""
    return next(
        (element.get(f"{{{space}}}{name}") for space in CAMUNDA_LIKE if element.get(f"{{{space}}}{name}")), None
    )


def translations(element: etree._Element) -> tuple[dict[str, str], dict[str, str]]:
    """(names, documentation) by language, of the BPMN i18n extension. `target` says which; the name by default."""
    names: dict[str, str] = {}
    documents: dict[str, str] = {}
    for each in extensions(element):
        if namespace(each) == I18N and local(each) == "translation":
            language = each.get(f"{{{XML}}}lang") or each.get("lang") or ""
            into = documents if "documentation" in (each.get("target") or "") else names
            into[language] = (each.text or "").strip()
    return names, documents


def properties(element: etree._Element) -> Mapping[str, str]:
    """`zeebe:property`, and Camunda 7's and Spiff's elements of the same meaning."""
    found: dict[str, str] = {}
    for holder in extensions(element):
        if local(holder) == "properties":
            for each in holder:
                if isinstance(each.tag, str) and each.get("name"):
                    found[each.get("name", "")] = each.get("value") or ""
    return MappingProxyType(found)


def instructions(element: etree._Element) -> str:
    """What SpiffArena tells whoever does a task."""
    found = extension(element, SPIFF, "instructionsForEndUser")
    return (found.text or "").strip() if found is not None else ""


def form(element: etree._Element) -> str:
    """The form's id, as each tool writes it."""
    zeebe = extension(element, ZEEBE, "formDefinition")
    if zeebe is not None:
        key = zeebe.get("formId") or zeebe.get("externalReference") or zeebe.get("formKey") or ""
    else:
        key = camunda(element, "formRef") or camunda(element, "formKey") or _spiff_form(element)
    return key.rpartition(":")[2].removesuffix(".form").removesuffix(".json")


def _spiff_form(element: etree._Element) -> str:
    for holder in extensions(element):
        if namespace(holder) == SPIFF and local(holder) == "properties":
            for each in holder:
                if isinstance(each.tag, str) and each.get("name") == "formJsonSchemaFilename":
                    return each.get("value") or ""
    return ""


def assignment(element: etree._Element, roots: Mapping[str, etree._Element]) -> Assignment:
    """Who may do a user task: as the tools say it, else as BPMN's own resources do."""
    zeebe, line = extension(element, ZEEBE, "assignmentDefinition"), line_of(element)
    values = {
        name: zeebe.get(name) if zeebe is not None else camunda(element, name)
        for name in ("assignee", "candidateGroups", "candidateUsers")
    }
    if not any(values.values()):
        values = _resources(element, roots)
    return Assignment(
        expression(values["assignee"], line),
        expression(values["candidateGroups"], line),
        expression(values["candidateUsers"], line),
    )


def _resources(element: etree._Element, roots: Mapping[str, etree._Element]) -> dict[str, str | None]:
    """`humanPerformer` is one person; `potentialOwner` lists `user(lin), group(CS)`, a bare name being a group."""
    owners = [part for text in _owned(element, "potentialOwner") for part in text.split(",")]
    owners += [f"group({name})" for name in _resource_names(element, roots)]
    users = [part.strip()[5:-1] for part in owners if part.strip().startswith("user(")]
    groups = [part.strip() for part in owners if part.strip() and not part.strip().startswith("user(")]
    groups = [part[6:-1] if part.startswith("group(") else part for part in groups]
    return {
        "assignee": next(iter(_owned(element, "humanPerformer")), None),
        "candidateGroups": ",".join(groups),
        "candidateUsers": ",".join(users),
    }


def _resource_names(element: etree._Element, roots: Mapping[str, etree._Element]) -> Iterator[str]:
    """The resources that a potential owner refers to, by their names."""
    for each in element.findall(f"{{{BPMN}}}potentialOwner/{{{BPMN}}}resourceRef"):
        key = (each.text or "").rpartition(":")[2].strip()
        named = roots[key].get("name") if key in roots else None
        yield named or key


def _owned(element: etree._Element, role: str) -> list[str]:
    path = f"{{{BPMN}}}{role}/{{{BPMN}}}resourceAssignmentExpression/{{{BPMN}}}formalExpression"
    return [each.text.strip() for each in element.findall(path) if each.text and each.text.strip()]


def schedule(element: etree._Element) -> Schedule:
    """Due and follow-up."""
    zeebe, line = extension(element, ZEEBE, "taskSchedule"), line_of(element)
    due, follow = (
        zeebe.get(name) if zeebe is not None else camunda(element, name) for name in ("dueDate", "followUpDate")
    )
    return Schedule(expression(due, line), expression(follow, line))


def priority(element: etree._Element) -> Expression | None:
    """0 to 100."""
    zeebe = extension(element, ZEEBE, "priorityDefinition")
    text = zeebe.get("priority") if zeebe is not None else camunda(element, "priority")
    return expression(text, line_of(element))


def service(element: etree._Element) -> ServiceCall | None:
    """What a service, send, script or business rule task asks a worker for."""
    zeebe, line = extension(element, ZEEBE, "taskDefinition"), line_of(element)
    headers = extension(element, ZEEBE, "taskHeaders")
    given = {} if headers is None else {each.get("key", ""): each.get("value", "") for each in headers if local(each)}
    if zeebe is not None:
        kind = expression(zeebe.get("type"), line)
        retries = whole(zeebe.get("retries"))
        return None if kind is None else ServiceCall(kind, 3 if retries is None else max(retries, 0), given)
    text = camunda(element, "topic") or camunda(element, "class") or camunda(element, "delegateExpression")
    spiff = extension(element, SPIFF, "serviceTaskOperator")
    if text is None and spiff is not None:
        text = spiff.get("id")
    result = spiff.get("resultVariable") or "" if spiff is not None else ""
    return None if not text else ServiceCall(Expression(text, "literal", line), 3, given, result)


def mappings(element: etree._Element) -> tuple[tuple[IoMapping, ...], tuple[IoMapping, ...]]:
    """(inputs, outputs)."""
    inputs: list[IoMapping] = []
    outputs: list[IoMapping] = []
    for holder in extensions(element):
        if local(holder) in ("ioMapping", "inputOutput"):
            for each in holder:
                mapping = _mapping(each)
                if mapping is not None:
                    (inputs if local(each) in ("input", "inputParameter") else outputs).append(mapping)
        elif namespace(holder) in CAMUNDA_LIKE and local(holder) in ("in", "out"):
            mapping = _call_mapping(holder)
            if mapping is not None:
                (inputs if local(holder) == "in" else outputs).append(mapping)
        elif namespace(holder) == SPIFF and local(holder) == "serviceTaskOperator":
            inputs += _spiffs_parameters(holder)
    return tuple(inputs), tuple(outputs)


def _spiffs_parameters(operator: etree._Element) -> Iterator[IoMapping]:
    """What SpiffArena gives a service: each value is a Python expression."""
    for each in operator.iter(f"{{{SPIFF}}}parameter"):
        source = expression(each.get("value"), line_of(each), "python")
        if source is not None and each.get("id"):
            yield IoMapping(source, each.get("id", ""), line_of(each))


def _mapping(element: etree._Element) -> IoMapping | None:
    if not isinstance(element.tag, str):
        return None
    if namespace(element) == ZEEBE:
        source = expression(element.get("source"), line_of(element))
        target = element.get("target") or ""
    else:
        source, target = _parameter(element), element.get("name") or ""
    return IoMapping(source, target, line_of(element)) if source is not None and target else None


def _parameter(element: etree._Element) -> Expression | None:
    """Camunda 7's parameter: a text; nothing is null; a script, list or map in it is a language of its own."""
    line = line_of(element)
    for each in element:
        if local(each):
            return Expression((each.text or "").strip(), each.get("scriptFormat") or local(each), line)
    return expression(element.text, line) or Expression("null", "feel", line)


def _call_mapping(element: etree._Element) -> IoMapping | None:
    target = element.get("target")
    if not target:
        return None
    source, line = element.get("sourceExpression"), line_of(element)
    found = expression(source, line) if source else Expression(element.get("source") or "", "feel", line)
    return None if found is None else IoMapping(found, target, line_of(element))


def script(element: etree._Element) -> Script | None:
    """`zeebe:script` is FEEL; `<script>` is in its scriptFormat, python where that is missing."""
    zeebe, line = extension(element, ZEEBE, "script"), line_of(element)
    if zeebe is not None:
        text = (zeebe.get("expression") or "").strip()
        return Script(text.removeprefix("=").strip(), "feel", zeebe.get("resultVariable") or "", line)
    own = child(element, "script")
    if own is None:
        return None
    written = (element.get("scriptFormat") or element.get("scriptLanguage") or "python").lower()
    text = own.text or ""
    if "feel" in written:
        return Script(
            text.strip().removeprefix("=").strip(), "feel", camunda(element, "resultVariable") or "", line_of(own)
        )
    return Script(text, "python" if "python" in written else written, "", line_of(own))


def called(element: etree._Element) -> Called | None:
    """What a call activity or business rule task calls."""
    line = line_of(element)
    zeebe = extension(element, ZEEBE, "calledElement")
    if zeebe is not None:
        target = expression(zeebe.get("processId"), line)
        version = _bound(zeebe.get("bindingType"), "", zeebe.get("versionTag"))
        return (
            None
            if target is None
            else Called(
                target,
                zeebe.get("propagateAllParentVariables") != "false",
                zeebe.get("propagateAllChildVariables") != "false",
                version=version,
            )
        )
    decision = extension(element, ZEEBE, "calledDecision")
    if decision is not None:
        target = expression(decision.get("decisionId"), line)
        return None if target is None else Called(target, result=decision.get("resultVariable") or "")
    return _called_elsewhere(element, line)


def _bound(binding: str | None, number: str | None, tag: str | None) -> str:
    """Which version is called: "", "latest" or "deployment", a number, or `tag:` with a version tag."""
    if tag and binding in (None, "", "versionTag"):
        return f"tag:{tag}"
    return number or binding or ""


def _unprefixed(element: etree._Element, reference: str | None) -> str | None:
    """A reference without a prefix that the file declares: the called process may be written as a QName."""
    prefix, _, name = (reference or "").strip().rpartition(":")
    return name if prefix in element.nsmap and name else reference


def _called_elsewhere(element: etree._Element, line: int) -> Called | None:
    if local(element) == "businessRuleTask":
        spiff = extension(element, SPIFF, "calledDecisionId")
        text = camunda(element, "decisionRef") or (spiff.text if spiff is not None else None)
        target = expression(text, line)
        return None if target is None else Called(target, result=camunda(element, "resultVariable") or "")
    target = expression(_unprefixed(element, element.get("calledElement")), line)
    if target is None:
        return None
    binding, number = camunda(element, "calledElementBinding"), camunda(element, "calledElementVersion")
    version = _bound(binding, number, camunda(element, "calledElementVersionTag"))
    mapped = any(namespace(each) in CAMUNDA_LIKE and local(each) in ("in", "out") for each in extensions(element))
    everything = {
        local(each)
        for each in extensions(element)
        if namespace(each) in CAMUNDA_LIKE and each.get("variables") == "all"
    }
    return Called(target, not mapped or "in" in everything, not mapped or "out" in everything, version=version)

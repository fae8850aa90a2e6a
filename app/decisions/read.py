"""DMN XML to a DecisionFile. What is not understood becomes a problem of the file, with its line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from lxml import etree

from app.core.errors import Invalid
from app.expressions import Compiled, ExpressionError, compile_expression, compile_unary, reference

from .model import (
    AGGREGATIONS,
    POLICIES,
    Decision,
    DecisionFile,
    Finding,
    Input,
    InputData,
    Literal,
    Output,
    Rule,
    Table,
)

LARGEST = 5_000_000  #: bytes of a file
MOST_RULES = 5_000
MOST_ELEMENTS = 300_000
_FEEL = ("", "feel", "FEEL")
_BOXED = ("context", "invocation", "relation", "list", "functionDefinition", "conditional", "filter", "for")
_LOGIC = frozenset(("decisionTable", "literalExpression", *_BOXED, "every", "some"))
_ELSEWHERE = frozenset(("businessKnowledgeModel", "decisionService", "import"))


class UnreadableDecision(Invalid):
    """This is not a DMN file."""


def read(xml: bytes) -> DecisionFile:
    """Read DMN. Entities and network access are off: the file may come from anywhere.

    Raises UnreadableDecision with `line`; what can be read but not decided is found by `check`.
    """
    root = _parse(xml)
    reader = _Reader(root)
    return DecisionFile(
        id=root.get("id", ""),
        name=root.get("name", ""),
        inputs=MappingProxyType(reader.inputs),
        decisions=MappingProxyType(reader.decisions),
        problems=tuple(reader.problems),
        source=xml,
        hash=hashlib.sha256(xml).hexdigest(),
    )


def _parse(xml: bytes) -> Any:
    if len(xml) > LARGEST:
        raise UnreadableDecision(f"A decision file has at most {LARGEST} bytes.", line=1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as fault:
        line = fault.lineno or 1
        raise UnreadableDecision(f"Line {line}: {fault.msg}", line=line) from fault
    except ValueError as fault:
        raise UnreadableDecision(str(fault), line=1) from fault
    if root.getroottree().docinfo.doctype:
        raise UnreadableDecision("Line 1: a DOCTYPE is not allowed.", line=1)
    if _local(root) != "definitions" or "/DMN/" not in (etree.QName(root).namespace or ""):
        raise UnreadableDecision("Line 1: the file does not begin with DMN definitions.", line=1)
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise UnreadableDecision(f"A decision file has at most {MOST_ELEMENTS} elements.", line=1)
    return root


def _local(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _local(child) == name)


def _child(element: Any, name: str) -> Any:
    return next(_children(element, name), None)


def _text(element: Any) -> str:
    """The <text> inside, without blanks around it."""
    inner = _child(element, "text") if element is not None else None
    return "".join(inner.itertext()).strip() if inner is not None else ""


class _Reader:
    def __init__(self, root: Any) -> None:
        self.problems: list[Finding] = []
        self._language = root.get("expressionLanguage", "")
        self.inputs = {item.id: item for item in map(self._input_data, _children(root, "inputData")) if item.id}
        found = list(_children(root, "decision"))
        variables = {element.get("id", ""): self._variable(element) for element in found}
        #: names that may stand alone as an expression, blanks and all
        self._names = {item.name for item in self.inputs.values()} | set(variables.values())
        #: names that an expression without known names might take apart
        self._compound = _compound_names(root)
        self.decisions: dict[str, Decision] = {}
        for element in found:
            decision = self._decision(element)
            if not decision.id or decision.id in self.decisions:
                self._wrong("no_id" if not decision.id else "id_twice", element, decision.id)
            self.decisions[decision.id] = decision
        for child in root:
            if _local(child) in _ELSEWHERE:
                self._wrong("unsupported", child, child.get("id", ""), "warning", found=_local(child))

    def _wrong(self, rule: str, element: Any, owner: str, severity: str = "error", **values: Any) -> None:
        self.problems.append(Finding(rule, severity, owner, element.sourceline or 0, values))

    def _variable(self, element: Any) -> str:
        variable = _child(element, "variable")
        named = variable.get("name", "") if variable is not None else ""
        return str(named or element.get("name", ""))

    def _input_data(self, element: Any) -> InputData:
        variable = _child(element, "variable")
        kind = variable.get("typeRef", "") if variable is not None else ""
        return InputData(element.get("id", ""), self._variable(element), _type(kind), element.sourceline or 0)

    def _decision(self, element: Any) -> Decision:
        requirements = [link for each in _children(element, "informationRequirement") for link in each]
        variable = _child(element, "variable")
        decision_id = element.get("id", "")
        for link in _children(element, "knowledgeRequirement"):
            self._wrong("unsupported", link, decision_id, found="knowledgeRequirement")
        return Decision(
            id=decision_id,
            name=element.get("name", ""),
            variable=self._variable(element),
            type=_type(variable.get("typeRef", "") if variable is not None else ""),
            logic=self._logic(element, decision_id),
            requires=tuple(
                self._href(link, decision_id) for link in requirements if _local(link) == "requiredDecision"
            ),
            inputs=tuple(self._href(link, decision_id) for link in requirements if _local(link) == "requiredInput"),
            line=element.sourceline or 0,
        )

    def _hrefs(self, name: str, links: list[Any], owner: str) -> tuple[str, ...]:
        return tuple(self._href(link, owner) for link in links if _local(link) == name)

    def _href(self, link: Any, owner: str) -> str:
        namespace, mark, target = link.get("href", "").rpartition("#")
        root_space = link.getroottree().getroot().get("namespace", "")
        if not mark or namespace not in ("", root_space):
            self._wrong("elsewhere", link, owner, found=link.get("href", ""))
        return str(target)

    def _logic(self, element: Any, owner: str) -> Table | Literal | None:
        logic = next((child for child in element if _local(child) in _LOGIC), None)
        if logic is None:
            self._wrong("no_logic", element, owner)
            return None
        if _local(logic) == "decisionTable":
            return self._table(logic, owner)
        if _local(logic) != "literalExpression":
            self._wrong("unsupported", logic, owner, found=_local(logic))
            return None
        expression = self._expression(logic, owner)
        return Literal(expression, logic.sourceline or 0) if expression else None

    # expressions

    def _is_feel(self, element: Any, owner: str) -> bool:
        language = element.get("expressionLanguage", self._language)
        if language in _FEEL or (
            language.startswith(("http://", "https://")) and language.rstrip("/").endswith("FEEL")
        ):
            return True
        self._wrong("language", element, owner, found=language)
        return False

    def _expression(self, element: Any, owner: str) -> Compiled | None:
        text = _text(element)
        if not text or not self._is_feel(element, owner):
            if not text:
                self._wrong("no_logic", element, owner)
            return None
        if text in self._names:
            return reference(text)
        return self._guarded(compile_expression, text, element, owner)

    def _guarded(self, compiler: Any, text: str, element: Any, owner: str) -> Compiled | None:
        plain = " ".join(text.split())
        compound = next((name for name in self._compound if name in plain), None)
        if compound is not None:
            self._wrong("compound_name", element, owner, text=text[:60], name=compound[:60])
            return None
        try:
            made: Compiled = compiler(text)
        except ExpressionError as error:
            self._wrong("expression", element, owner, text=text[:60], problem=error.explain("en"))
            return None
        return made

    # tables

    def _table(self, element: Any, owner: str) -> Table | None:
        before = len(self.problems)
        policy = element.get("hitPolicy", "UNIQUE")
        aggregation = element.get("aggregation", "")
        if policy not in POLICIES or (aggregation and aggregation not in AGGREGATIONS):
            self._wrong("policy", element, owner, found=f"{policy} {aggregation}".strip())
        inputs = [self._input(each, owner) for each in _children(element, "input")]
        outputs = tuple(self._output(each, owner) for each in _children(element, "output"))
        rows = list(_children(element, "rule"))
        if not outputs:
            self._wrong("no_output", element, owner)
        if len(rows) > MOST_RULES:
            self._wrong("too_many_rules", element, owner, limit=MOST_RULES)
            return None
        if aggregation and len(outputs) > 1:
            self._wrong("aggregates_one", element, owner)
        if policy in ("PRIORITY", "OUTPUT ORDER") and not all(output.values for output in outputs):
            self._wrong("no_priorities", element, owner)
        rules = [self._rule(row, number, len(inputs), len(outputs), owner) for number, row in enumerate(rows, 1)]
        if any(each.severity == "error" for each in self.problems[before:]):
            return None
        return Table(
            tuple(each for each in inputs if each),
            outputs,
            tuple(each for each in rules if each),
            policy,
            aggregation if policy == "COLLECT" else "",
            element.sourceline or 0,
        )

    def _input(self, element: Any, owner: str) -> Input | None:
        asked = _child(element, "inputExpression")
        if asked is None:
            self._wrong("no_logic", element, owner)
            return None
        expression = self._expression(asked, owner)
        allowed = _text(_child(element, "inputValues"))
        if expression is None:
            return None
        return Input(
            id=element.get("id", ""),
            label=element.get("label", "") or _text(asked),
            expression=expression,
            type=_type(asked.get("typeRef", "")),
            allowed=self._guarded(compile_unary, allowed, element, owner) if allowed else None,
            line=element.sourceline or 0,
        )

    def _output(self, element: Any, owner: str) -> Output:
        values, default = _text(_child(element, "outputValues")), _text(_child(element, "defaultOutputEntry"))
        listed = self._guarded(compile_expression, f"[{values}]", element, owner) if values else None
        known = listed.evaluate({}) if listed else ()
        return Output(
            id=element.get("id", ""),
            name=element.get("name", "") or element.get("label", ""),
            type=_type(element.get("typeRef", "")),
            values=tuple(known) if isinstance(known, list) else (),
            default=self._guarded(compile_expression, default, element, owner) if default else None,
            line=element.sourceline or 0,
        )

    def _rule(self, element: Any, number: int, inputs: int, outputs: int, owner: str) -> Rule | None:
        cells, answers = list(_children(element, "inputEntry")), list(_children(element, "outputEntry"))
        if len(cells) != inputs or len(answers) != outputs:
            self._wrong("cells", element, owner, number=number)
            return None
        tests = [self._test(cell, owner) for cell in cells]
        made = [self._answer(cell, owner) for cell in answers]
        complete = tuple(test for test in tests if test)
        return Rule(element.get("id", ""), number, complete, tuple(made), element.sourceline or 0)

    def _test(self, cell: Any, owner: str) -> Compiled | None:
        """An empty cell is "-": any value."""
        return self._guarded(compile_unary, _text(cell) or "-", cell, owner) if self._is_feel(cell, owner) else None

    def _answer(self, cell: Any, owner: str) -> Compiled | None:
        text = _text(cell)
        if not text or text == "-" or not self._is_feel(cell, owner):
            return None
        return reference(text) if text in self._names else self._guarded(compile_expression, text, cell, owner)


def _compound_names(root: Any) -> list[str]:
    """All names of the file that are more than one word: FEEL reads `net-income` as one name only where it knows it."""
    names = {" ".join(element.get("name", "").split()) for element in root.iter() if isinstance(element.tag, str)}
    return sorted(name for name in names if not name.isidentifier() and any(char.isalpha() for char in name))


def _type(name: str) -> str:
    """A type's FEEL name: prefixes of DMN 1.1 and the old camel-case names are brought to one form."""
    plain = name.rpartition(":")[2]
    return {
        "dateTime": "date and time",
        "dayTimeDuration": "days and time duration",
        "yearMonthDuration": "years and months duration",
    }.get(plain, plain)

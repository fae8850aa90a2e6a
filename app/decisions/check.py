"""What is wrong in a decision file: what reading found, and requirements that lead nowhere or in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Decision, DecisionFile, Finding, Table


def check(file: DecisionFile) -> list[Finding]:
    """Findings in order of lines. Overlaps and gaps of tables are not looked for yet."""
    found = list(file.problems)
    if not file.decisions:
        found.append(Finding("no_decision", "error", file.id, 1))
    for decision in file.decisions.values():
        found.extend(_requirements(file, decision))
        if isinstance(decision.logic, Table):
            found.extend(_table(decision, decision.logic))
    return sorted(found, key=lambda finding: finding.line)


def _requirements(file: DecisionFile, decision: Decision) -> Iterator[Finding]:
    for target in (*decision.requires, *decision.inputs):
        if target not in file.decisions and target not in file.inputs:
            yield Finding("missing", "error", decision.id, decision.line, {"found": target})
    if _reaches_itself(file, decision):
        yield Finding("circle", "error", decision.id, decision.line, {"decision": decision.name or decision.id})


def _reaches_itself(file: DecisionFile, decision: Decision) -> bool:
    seen: set[str] = set()
    open_ids = list(decision.requires)
    while open_ids:
        at = open_ids.pop()
        if at == decision.id:
            return True
        if at not in seen and at in file.decisions:
            seen.add(at)
            open_ids.extend(file.decisions[at].requires)
    return False


def _table(decision: Decision, table: Table) -> Iterator[Finding]:
    names = [column.name for column in table.outputs]
    if len(names) > 1 and (not all(names) or len(set(names)) < len(names)):
        yield Finding("output_names", "error", decision.id, table.line)
    if not table.rules:
        yield Finding("no_rules", "warning", decision.id, table.line)
    seen: dict[tuple[str, ...], int] = {}
    for rule in table.rules:
        tests = tuple(test.text for test in rule.tests)
        if tests in seen and table.policy in ("UNIQUE", "FIRST"):
            values = {"number": rule.number, "other": seen[tests]}
            severity = "error" if table.policy == "UNIQUE" else "warning"
            yield Finding("same_rule", severity, rule.id or decision.id, rule.line, values)
        seen.setdefault(tests, rule.number)

"""From a file to an immutable version: judged, stored once, or refused whole."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import diagrams
from app.core.database import Base, ask, reading
from app.definitions import library
from app.definitions.deploy import Deployed, deploy
from app.definitions.errors import DiagramRefused, NotAnalyst
from app.definitions.models import DefinitionFile, DefinitionPart, ProcessDefinition
from app.instances import moves
from app.people import moves as people
from app.people.models import Department, Lane
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, Files, flow, lanes, process, task
from tests.instances.seen import events, kinds, one, open_tasks, race, rows

FORM: dict[str, Any] = {"type": "default", "id": "ask", "components": [{"type": "textfield", "key": "a", "label": "A"}]}
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="laneway">
<decision id="choose" name="Choose"><decisionTable id="t" hitPolicy="FIRST"><input id="i"><inputExpression id="e">
<text>a</text></inputExpression></input><output id="o" name="way"/><rule id="r"><inputEntry id="ie"><text>%s</text>
</inputEntry><outputEntry id="oe"><text>"left"</text></outputEntry></rule></decisionTable></decision></definitions>"""


def single(key: str = "single", work: str = task("work", form="ask")) -> bytes:
    return process(key, lanes(CS="start work end"), START, work, END, flow("start > work", "work > end"))


def decided() -> bytes:
    decide = (
        '<bpmn:businessRuleTask id="decide"><bpmn:extensionElements><zeebe:calledDecision decisionId="choose" '
        'resultVariable="way"/></bpmn:extensionElements></bpmn:businessRuleTask>'
    )
    steps = flow("start > decide", "decide > work", "work > end")
    return process("decided", lanes(CS="start decide work end"), START, decide, task("work"), END, steps)


def stored() -> dict[str, int]:
    """How many rows each table has."""
    with reading() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def findings(call: Any) -> list[tuple[str, str]]:
    """(rule, element) of what a deployment is refused for."""
    with pytest.raises(DiagramRefused) as refused:
        call()
    return [(each.rule, each.element) for each in refused.value.findings if each.severity == "error"]


def test_an_analyst_and_an_administrator_deploy_and_nobody_else(cast: Cast) -> None:
    before = stored()
    for login in ("lin", "he", "qian", "sun"):
        with pytest.raises(NotAnalyst):
            deploy(single(), by=getattr(cast, login), sources=Files({"ask": FORM}))
    assert stored() == before
    for login in ("chen", "admin"):
        deploy(single(), by=getattr(cast, login), sources=Files({"ask": FORM}))


def test_a_deployment_is_recorded_with_who_and_what(deployed: Deploy, cast: Cast) -> None:
    made = deployed(single(), ask=FORM)
    (event,) = events(made.id)
    assert (event.kind, event.actor_id) == ("definition.deployed", cast.chen.account_id)
    assert event.facts["version"] == 1
    assert event.facts["hash"] == one(sa.select(ProcessDefinition.hash))[0]


def test_the_same_again_keeps_its_version_and_stores_nothing(deployed: Deploy) -> None:
    first = deployed(single(), ask=FORM)
    before = stored()
    again = deployed(single(), ask=FORM)
    assert (again.id, again.version, again.is_new) == (first.id, 1, False)
    assert stored() == before


def test_another_drawing_form_or_decision_is_another_version(deployed: Deploy) -> None:
    assert deployed(single(), ask=FORM).version == 1
    assert deployed(single(), ask={**FORM, "components": []}).version == 2
    assert deployed(single(work=task("work", form="ask", due="PT1H")), ask=FORM).version == 3
    # What it was at first is, once more, something else than the newest.
    assert deployed(single(), ask=FORM).version == 4
    assert deployed(decided(), decisions={"choose": TABLE % b"1"}).version == 1
    assert deployed(decided(), decisions={"choose": TABLE % b"2"}).version == 2
    assert deployed(decided(), decisions={"choose": TABLE % b"2"}).version == 2


def test_files_are_kept_once_and_as_they_were(deployed: Deploy) -> None:
    deployed(single("one"), ask=FORM)
    deployed(single("two"), ask=FORM)
    bodies = [bytes(body) for (body,) in rows(sa.select(DefinitionFile.body))]
    assert len(bodies) == len(set(bodies)) == 3
    assert single("one") in bodies
    assert len(rows(sa.select(DefinitionPart.hash).distinct())) == 1


@pytest.mark.parametrize(
    ("xml", "files", "wanted"),
    [
        (single(), Files(), ("form", "work")),
        (single(), Files({"ask": {"type": "default", "components": "none"}}), ("form", "work")),
        (single(), Files({"ask": {"type": "default", "components": [{"type": "textfield"}]}}), ("form", "work")),
        (single(), Files({"ask": []}), ("form", "work")),
        (decided(), Files(), ("decision", "decide")),
        (decided(), Files(decisions={"choose": b"<no/>"}), ("decision", "decide")),
        (decided(), Files(decisions={"choose": b"garbage"}), ("decision", "decide")),
        (decided(), Files(decisions={"choose": TABLE.replace(b'"choose"', b'"other"') % b"1"}), ("decision", "decide")),
        (decided(), Files(decisions={"choose": TABLE % b"1 +"}), ("decision", "decide")),
        (single(work="<bpmn:task id='work' startQuantity='0'/>"), Files(), ("not-run", "work")),
    ],
)
def test_what_would_run_wrong_is_refused_by_name_and_leaves_nothing(
    cast: Cast, xml: bytes, files: Files, wanted: tuple[str, str]
) -> None:
    before = stored()
    assert wanted in findings(lambda: deploy(xml, by=cast.chen, sources=files))
    assert stored() == before


@pytest.mark.parametrize("xml", [b"", b"not xml", b"<html/>", b"\x00" * 10, single()[:-30], b"<!DOCTYPE x><x/>"])
def test_what_is_no_diagram_is_refused_and_leaves_nothing(cast: Cast, xml: bytes) -> None:
    before = stored()
    with pytest.raises((diagrams.UnreadableDiagram, DiagramRefused)):
        deploy(xml, by=cast.chen, sources=Files({"ask": FORM}))
    assert stored() == before


def test_a_file_of_two_processes_is_deployed_whole_or_not_at_all(cast: Cast) -> None:
    good = single("good").decode()
    body = good[good.index("<bpmn:process") : good.index("</bpmn:definitions>")]
    for old in ("start", "work", "end", "f0_start", "f1_work", "L_CS", '"lanes"'):
        body = body.replace(f'"{old}"' if old.isalpha() else old, f'"{old}2"' if old.isalpha() else f"{old}2")
    body = body.replace('"lanes"2', '"lanes2"').replace(">start<", ">start2<").replace(">work<", ">work2<")
    other = body.replace(">end<", ">end2<").replace('"good"', '"other"')
    both = good.replace("</bpmn:definitions>", other + "</bpmn:definitions>").encode()
    made = deploy(both, by=cast.chen, sources=Files({"ask": FORM}))
    assert sorted(each.key for each in made) == ["good", "other"]
    before = stored()
    bad = both.replace(b'formId="ask"', b'formId="nowhere"', 1)
    assert ("form", "work") in findings(lambda: deploy(bad, by=cast.chen, sources=Files({"ask": FORM})))
    assert stored() == before


def test_two_deployments_at_once_are_one_version_of_each_content(app: Flask, cast: Cast) -> None:
    chen = cast.chen
    calls = [lambda: deploy(single(), by=chen, sources=Files({"ask": FORM}))[0]] * 2
    changed = {**FORM, "components": []}
    calls += [lambda: deploy(single(), by=chen, sources=Files({"ask": changed}))[0]]
    results = race(app, *calls)
    assert all(isinstance(each, Deployed) for each in results), results
    versions = [
        version for (version,) in rows(sa.select(ProcessDefinition.version).order_by(ProcessDefinition.version))
    ]
    assert versions in ([1, 2], [1, 2, 3])


# -- lanes -------------------------------------------------------------------------------------------------------------


def lane_findings(made: Deployed) -> list[str]:
    return [each.element for each in made.findings if each.rule == "lane-department"]


def test_lanes_get_the_department_that_their_name_says_at_the_first_deployment(deployed: Deploy) -> None:
    named = process(
        "named",
        lanes(CS="start one", Nobody="two end").replace('name="CS"', 'name="客服"'),
        START,
        task("one"),
        task("two"),
        END,
        flow("start > one", "one > two", "two > end"),
    )
    made = deployed(named)
    found = sa.select(Lane.path, Department.code).outerjoin(Department, Department.id == Lane.department_id)
    assert dict(rows(found.where(Lane.process_key == "named"))) == {"客服": "CS", "Nobody": None}
    # The deployment says which lane is not mapped, and only that one.
    assert lane_findings(made) == ["L_Nobody"]


def test_a_mapped_lane_is_no_finding_any_more_and_keeps_its_department(deployed: Deploy, cast: Cast) -> None:
    xml = process("x", lanes(Nobody="start work end"), START, task("work"), END, flow("start > work", "work > end"))
    assert lane_findings(deployed(xml)) == ["L_Nobody"]
    (lane,) = one(sa.select(Lane.id))
    people.map_lane(lane, "MK", by=cast.admin)
    changed = deployed(xml.replace(b'name="work"', b'name="Work"'))
    assert (changed.version, lane_findings(changed)) == (2, [])
    assert len(rows(sa.select(Lane.id))) == 1


# -- running cases stay on their version -------------------------------------------------------------------------------


def test_a_running_case_keeps_its_drawing_its_form_and_its_decision(deployed: Deploy, cast: Cast) -> None:
    required = {
        **FORM,
        "components": [{"type": "textfield", "key": "b", "label": "B", "validate": {"required": True}}],
    }
    deployed(single(), ask=FORM)
    old = moves.start("single", {}, by=cast.lin)
    longer = process(
        "single",
        lanes(CS="start work more end"),
        START,
        task("work", form="ask"),
        task("more"),
        END,
        flow("start > work", "work > more", "more > end"),
    )
    deployed(longer, ask=required)
    library.forget()
    new = moves.start("single", {}, by=cast.lin)
    assert moves.complete(int(old["tasks"][0]), {"a": "x"}, by=cast.lin)["state"] == "completed"
    with pytest.raises(Exception, match="not right"):
        moves.complete(int(new["tasks"][0]), {"a": "x"}, by=cast.lin)
    moves.complete(int(new["tasks"][0]), {"b": "x"}, by=cast.lin)
    assert list(open_tasks(new["id"])) == ["more"]
    pinned = moves.start("single", {}, by=cast.lin, version=1)
    assert moves.complete(int(pinned["tasks"][0]), {"a": "x"}, by=cast.lin)["state"] == "completed"


def test_a_slip_in_a_name_is_told_by_the_fields_of_the_deployed_form(deployed: Deploy) -> None:
    loop = "<bpmn:loopCondition>=ammount = 1</bpmn:loopCondition>"
    ask = task("work", form="ask").replace(
        "</bpmn:userTask>",
        f"<bpmn:standardLoopCharacteristics>{loop}</bpmn:standardLoopCharacteristics></bpmn:userTask>",
    )
    form = {**FORM, "components": [{**FORM["components"][0], "key": "amount"}]}
    found = deployed(single(work=ask), ask=form).findings
    assert ("unwritten-name", "warning") in [(each.rule, each.severity) for each in found]


def test_a_version_is_found_by_its_number_with_its_own_form(deployed: Deploy) -> None:
    first = deployed(single(), ask=FORM)
    second = deployed(single(), ask={**FORM, "components": []})
    with reading() as session:

        def run(statement: Any, values: Any) -> Any:
            return ask(session, statement, values)

        assert library.newest(run, "single").id == second.id
        assert library.numbered(run, "single", 1).id == first.id
        forms = [library.form(run, each.id, "ask") for each in (first, second)]
    assert [len(form.components) for form in forms if form] == [1, 0]


def test_the_history_of_a_definition_is_its_own_stream(deployed: Deploy) -> None:
    made = [deployed(single(), ask={**FORM, "components": FORM["components"][:n]}) for n in (0, 1)]
    assert [kinds(each.id) for each in made] == [["definition.deployed"]] * 2

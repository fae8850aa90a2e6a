"""A case that undoes, collects, counts and waits for the data, on every page that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.instances import moves
from tests.conftest import Cast
from tests.instances.conftest import END, START, Deploy, flow, lanes, process, task
from tests.instances.seen import open_tasks
from tests.web.conftest import House, Reader, words_of
from tests.web.test_pages import KEY, pages

_SIGNAL = '<bpmn:signalEventDefinition signalRef="s"/>'
_ALL = process(
    "all",
    lanes(CS="start split hear both so papers trip back meet end unpay say"),
    START,
    '<bpmn:parallelGateway id="split"/>',
    f'<bpmn:intermediateThrowEvent id="say">{_SIGNAL}</bpmn:intermediateThrowEvent>',
    f'<bpmn:intermediateCatchEvent id="hear">{_SIGNAL}</bpmn:intermediateCatchEvent>',
    f'<bpmn:intermediateCatchEvent id="both" parallelMultiple="true">{_SIGNAL}'
    '<bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>',
    '<bpmn:intermediateCatchEvent id="so"><bpmn:conditionalEventDefinition>'
    "<bpmn:condition>=much &gt; 5</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>",
    f'<bpmn:adHocSubProcess id="papers">{task("passport")}{task("lease")}</bpmn:adHocSubProcess>',
    f'<bpmn:transaction id="trip"><bpmn:startEvent id="s2"/>{task("pay")}',
    '<bpmn:userTask id="unpay" name="unpay" isForCompensation="true"/>'
    '<bpmn:boundaryEvent id="u" attachedToRef="pay"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
    '<bpmn:association id="a_u" sourceRef="u" targetRef="unpay"/>',
    flow("s2 > pay"),
    "</bpmn:transaction>",
    '<bpmn:intermediateThrowEvent id="back"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>',
    '<bpmn:complexGateway id="meet"><bpmn:activationCondition>=activationCount &gt; 1</bpmn:activationCondition>'
    "</bpmn:complexGateway>",
    END,
    flow(
        "start > split", "split > hear", "split > both", "split > so", "split > papers", "split > trip", "hear > meet",
        "both > meet", "so > meet", "papers > meet", "trip > back", "back > say", "say > meet", "meet > end",
    ),
    before='<bpmn:signal id="s" name="bell"/><bpmn:message id="m" name="letter"/>',
)  # fmt: skip


@pytest.fixture
def everything(house: House, deployed: Deploy, cast: Cast) -> House:
    """The same house, looking at a case whose payment is being undone."""
    deployed(_ALL)
    begun = moves.start("all", {}, by=cast.lin)["id"]
    moves.complete(open_tasks(begun)["lease"], {}, by=cast.lin)
    moves.complete(open_tasks(begun)["pay"], {}, by=cast.lin)
    tasks = open_tasks(begun)
    assert set(tasks) == {"passport", "unpay"}
    parts = {"instance_id": int(begun), "task_id": tasks["unpay"], "key": "all"}
    return replace(house, parts={**house.parts, **parts})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_has_words_for_it(everything: House, reader: Reader, lang: str) -> None:
    client = reader("admin", lang)
    for endpoint, _, address in pages(everything, "GET"):
        if endpoint != "studio.source" and "/migrations/" not in address:
            answer = client.get(address, follow_redirects=True)
            assert answer.status_code == 200, address
            assert not KEY.findall(words_of(answer)), address


def test_what_a_case_waits_for_is_said_by_its_kind(everything: House, reader: Reader) -> None:
    case = everything.parts["instance_id"]
    for login, address in (("lin", f"/cases/{case}"), ("qian", f"/audit/{case}")):
        page = words_of(reader(login).get(address))
        for said in ("signal “bell”", "message “letter”", "until it is so: much &gt; 5"):
            assert f"Waits {said}" in page or f"Waits for the {said}" in page, address
        assert "Waits for the message “bell”" not in page

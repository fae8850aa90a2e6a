"""Nothing in the shipped diagrams is idle: without any gateway, timer or table row, some journey goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from app.core.errors import LanewayError
from tests.processes.journeys import ANSWERS, JOURNEYS, SERVICES
from tests.processes.walk import ROOT, Journey, Shelf, Walk

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"
FOLDER = ROOT / "processes"


def _gateways() -> Iterator[tuple[str, str]]:
    for file in sorted(FOLDER.glob("*.bpmn")):
        for element in etree.parse(file).iter():
            if str(element.tag).endswith("Gateway"):
                yield file.name, element.get("id", "")


def _timers() -> Iterator[tuple[str, str]]:
    for file in sorted(FOLDER.glob("*.bpmn")):
        for element in etree.parse(file).iter(f"{BPMN}timerEventDefinition"):
            event = element.getparent()
            assert event is not None
            yield file.name, event.get("id", "")


def _rows() -> Iterator[tuple[str, str]]:
    for file in sorted(FOLDER.glob("*.dmn")):
        for rule in etree.parse(file).iter(f"{DMN}rule"):
            yield file.name, rule.get("id", "")


def _flows(root: etree._Element, end: str, node: str) -> list[etree._Element]:
    return [flow for flow in root.iter(f"{BPMN}sequenceFlow") if flow.get(end) == node]


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _find(root: etree._Element, name: str) -> etree._Element:
    return next(element for element in root.iter() if element.get("id") == name)


def without_gateway(xml: bytes, name: str) -> bytes:
    """What comes in first goes on to where the first way out led; the other ways are gone."""
    root = etree.fromstring(xml)
    (first, *coming), (out, *going) = _flows(root, "targetRef", name), _flows(root, "sourceRef", name)
    first.set("targetRef", out.get("targetRef", ""))
    for element in (_find(root, name), out, *coming, *going):
        _drop(element)
    return etree.tostring(root)


def without_event(xml: bytes, name: str) -> bytes:
    """The event and its flows are gone."""
    root = etree.fromstring(xml)
    for element in (_find(root, name), *_flows(root, "targetRef", name), *_flows(root, "sourceRef", name)):
        _drop(element)
    return etree.tostring(root)


def without_row(xml: bytes, name: str) -> bytes:
    root = etree.fromstring(xml)
    _drop(_find(root, name))
    return etree.tostring(root)


def goes_wrong(journey: Journey, shelf: Shelf) -> bool:
    try:
        Walk(journey, shelf, ANSWERS, SERVICES).go()
    except (AssertionError, LanewayError):
        return True
    return False


def noticed(file: str, changed: bytes) -> bool:
    """Whether some journey goes wrong on the changed file, which can still be run."""
    shelf = Shelf({file: changed})
    return any(goes_wrong(journey, shelf) for journey in JOURNEYS)


@pytest.mark.parametrize(("file", "gateway"), list(_gateways()))
def test_a_missing_gateway_is_noticed(file: str, gateway: str) -> None:
    assert noticed(file, without_gateway((FOLDER / file).read_bytes(), gateway))


@pytest.mark.parametrize(("file", "timer"), list(_timers()))
def test_a_missing_timer_is_noticed(file: str, timer: str) -> None:
    assert noticed(file, without_event((FOLDER / file).read_bytes(), timer))


@pytest.mark.parametrize(("file", "row"), list(_rows()))
def test_a_missing_row_of_a_table_is_noticed(file: str, row: str) -> None:
    assert noticed(file, without_row((FOLDER / file).read_bytes(), row))


def test_an_unchanged_diagram_is_not_called_wrong() -> None:
    shelf = Shelf()
    assert not [journey.name for journey in JOURNEYS if goes_wrong(journey, shelf)]

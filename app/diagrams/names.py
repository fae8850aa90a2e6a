"""The namespaces of BPMN and of the tools that write it."""

from __future__ import annotations

import re
from functools import lru_cache

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
ACTIVITI = "http://activiti.org/bpmn"
FLOWABLE = "http://flowable.org/bpmn"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
DROOLS = "http://www.jboss.org/drools"
I18N = "http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
MODELER = "http://camunda.org/schema/modeler/1.0"

_WHOLE = re.compile(r"\s*([+-]?\d{1,9})\s*", re.ASCII)

#: Camunda 7's vocabulary, also under the names its relatives write.
CAMUNDA_LIKE = (CAMUNDA, ACTIVITI, FLOWABLE)


def local(element: etree._Element) -> str:
    """The name without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return _parted(tag)[1] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    """The namespace of an element, "" without one."""
    tag = element.tag
    return _parted(tag)[0] if isinstance(tag, str) else ""


def is_bpmn(element: etree._Element, *names: str) -> bool:
    """Whether it is a BPMN element (of one of these names)."""
    tag = element.tag
    if not isinstance(tag, str):
        return False
    space, name = _parted(tag)
    return space == BPMN and (not names or name in names)


@lru_cache(maxsize=1000)
def _parted(tag: str) -> tuple[str, str]:
    space, _, name = tag.rpartition("}")
    return space.removeprefix("{"), name


def line_of(element: etree._Element) -> int:
    """The line it begins on."""
    return int(element.sourceline or 0)


def flag(element: etree._Element, name: str, *, otherwise: bool = False) -> bool:
    """An xs:boolean attribute; `otherwise` where it is missing or none."""
    return {"true": True, "1": True, "false": False, "0": False}.get((element.get(name) or "").strip(), otherwise)


def whole(text: str | None) -> int | None:
    """A whole number of a sane size, or None."""
    found = _WHOLE.fullmatch(text or "")
    return int(found[1]) if found else None

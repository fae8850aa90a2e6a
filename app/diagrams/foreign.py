"""What other tools write beside BPMN and what becomes of it here, where it is neither followed nor refused.

Everything is kept: the file is written back as it came. What would have changed the run in its own tool is in CHANGES,
with the reason that is told; the rest only describes, draws, or says how that tool works its jobs off.
"""

from __future__ import annotations

from app.diagrams.model import Unread
from app.diagrams.names import ACTIVITI, CAMUNDA, CAMUNDA_LIKE, DROOLS, FLOWABLE, MODELER, SPIFF, ZEEBE

#: name of the tool, for sentences
TOOLS = {
    CAMUNDA: "Camunda 7",
    ACTIVITI: "Activiti",
    FLOWABLE: "Flowable",
    ZEEBE: "Camunda 8",
    SPIFF: "SpiffWorkflow",
    DROOLS: "jBPM",
}
#: namespaces of drawing only: nobody needs to be told
DRAWING = frozenset({
    MODELER,
    "http://bpmn.io/schema/bpmn/biocolor/1.0",
    "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    "http://www.omg.org/spec/BPMN/20100524/DI",
})  # fmt: skip

_CAMUNDA = {
    "candidateStarterGroups": "starter",
    "candidateStarterUsers": "starter",
    "calledElementTenantId": "tenant",
    "decisionRefTenantId": "tenant",
    "formRefBinding": "binding",
    "formRefVersion": "binding",
    "decisionRefBinding": "binding",
    "decisionRefVersion": "binding",
    "decisionRefVersionTag": "binding",
    "mapDecisionResult": "result",
    "variableName": "variable",
    "variableEvents": "variable",
    "expression": "expression",
    "resource": "resource",
    "businessCalendarName": "calendar",
    "caseRef": "case",
    "terminateAll": "scope",
}
#: namespace -> name -> why it matters that it is not followed
CHANGES = {
    **dict.fromkeys(CAMUNDA_LIKE, _CAMUNDA),
    ZEEBE: {
        "linkedResources": "resource",
        "formDefinition@bindingType": "binding",
        "calledDecision@bindingType": "binding",
    },
    SPIFF: {
        "messagePayload": "variable",
        "messageVariable": "variable",
        "processVariableCorrelation": "variable",
        "allowGuest": "starter",
        "isOutputSynthetic": "result",
    },
    DROOLS: {"ruleFlowGroup": "resource", "import": "resource", "global": "variable"},
}


def change(unread: Unread) -> str:
    """Why it matters that this is not followed; "" where it changes nothing here."""
    space, name = apart(unread)
    return CHANGES.get(space, {}).get(name, "")


def apart(unread: Unread) -> tuple[str, str]:
    """(namespace, name)"""
    space, _, name = unread.name.removeprefix("{").partition("}")
    return space, name

"""What a diagram is once it has been read: an immutable graph, in BPMN's own words.

Everything else (checks, engine, forms, repeated work, screens) stands on this and never on the XML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Box:
    """Position of a shape on the drawing, in pixels of the diagram plane."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Expression:
    """A text to be evaluated, and the language its author meant.

    `language` is "feel", "python", "juel" or the attribute's text as written; `text` has no leading "=".
    A literal (zeebe attribute without "=") has language "literal".
    """

    text: str
    language: str = "feel"
    line: int = 0


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """One trigger of an event: `kind` is none of BPMN's XML names but their stem.

    kind: message, signal, timer, error, escalation, conditional, link, compensate, cancel, terminate.
    """

    kind: str
    line: int = 0
    id: str = ""
    ref: str = ""  #: id of the message, signal, error or escalation; the activity for compensate
    name: str = ""  #: name of the message, signal, error, escalation or link
    code: str = ""  #: errorCode or escalationCode; "" catches every code
    timer_kind: str = ""  #: date, duration or cycle
    expression: Expression | None = None  #: timer or condition
    correlation: Expression | None = None  #: zeebe:subscription correlationKey of the message
    #: the file correlates this message by BPMN's correlation properties, in a way that we do not read
    by_properties: bool = False
    key_may_lack: bool = False  #: the correlation comes from such properties: without a value any message will do
    named_by: str = ""  #: a message without a name of its own: the message "flow" or the "label" gave it
    #: variable that receives the code / the message, as the dialects name them
    code_variable: str = ""
    message_variable: str = ""  #: the same for what went wrong, in words
    waits: bool = True  #: compensate: the thrower goes on only when everything is undone


@dataclass(frozen=True, slots=True)
class Behavior:
    """An event that a multi-instance throws as its instances complete; `condition` only where it is Complex."""

    event: EventDefinition
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Multi-instance or standard loop of an activity."""

    kind: str  #: "multi" or "standard"
    sequential: bool = False
    collection: Expression | None = None
    element_variable: str = ""
    cardinality: Expression | None = None
    completion: Expression | None = None
    output_collection: str = ""
    output_element: Expression | None = None
    condition: Expression | None = None  #: standard loop
    test_before: bool = False
    maximum: int | None = None
    behavior: str = "All"
    throws: tuple[Behavior, ...] = ()  #: what `behavior` says is thrown, when it is not All
    line: int = 0


@dataclass(frozen=True, slots=True)
class IoMapping:
    """One input or output mapping: evaluate `source`, store under the dotted path `target`."""

    source: Expression
    target: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class StoreRead:
    """A data store that an association reads, and the names by which its expression may call it."""

    store: str  #: what it is known by in every process
    names: tuple[str, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """One thing that a data association carries into a node or out of it."""

    source: Expression
    target: str  #: a variable, or a data store
    path: tuple[str, ...] = ()  #: the part of the target that is written; none = all of it
    is_store: bool = False  #: the target is a data store
    stores: tuple[StoreRead, ...] = ()  #: those it reads
    takes: tuple[str, ...] = ()  #: out of a node: the outputs without which there is nothing to carry
    is_drawn: bool = False  #: only a line to a data store, which names no input of the step
    end: str = ""  #: id of the node's own end of it
    line: int = 0
    fault: str = ""  #: why it cannot be carried: several, nothing, nowhere, collection
    unknown: str = ""  #: what it refers to and nothing in the file is: taken for the name of a variable


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who may do a user task; an expression yields a login, a department code, or a list of them."""

    assignee: Expression | None = None
    groups: Expression | None = None
    users: Expression | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Due and follow-up of a user task: an ISO moment, an ISO duration (working time) or FEEL."""

    due: Expression | None = None
    follow_up: Expression | None = None


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """What a service task asks for: a job type of `zeebe:taskDefinition`, with its retries and headers."""

    type: Expression
    retries: int = 3
    headers: Mapping[str, str] = field(default_factory=dict)
    result: str = ""  #: the variable that takes all of the answer; "" when the answer is variables itself


@dataclass(frozen=True, slots=True)
class Script:
    """A script task's text; `result` is the variable that takes the value, "" when the script writes by itself."""

    text: str
    format: str
    result: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Called:
    """What a call activity or business rule task calls."""

    target: Expression  #: process id or decision id
    propagate_in: bool = True
    propagate_out: bool = True
    result: str = ""  #: result variable of a decision
    version: str = ""  #: "", "latest", "deployment", a version number, or `tag:` with a version tag


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node, or an artefact-like data element: anything with an id that stands in a process."""

    id: str
    kind: str  #: BPMN's XML local name: userTask, exclusiveGateway, startEvent, boundaryEvent, subProcess, ...
    name: str = ""
    line: int = 0
    scope: str = ""  #: id of the process or sub-process it stands in
    lane: tuple[str, ...] = ()  #: ids of its lanes, outermost first; inherited by nodes of a sub-process
    names: Mapping[str, str] = field(default_factory=dict)  #: language -> name (BPMN i18n extension)
    documentation: str = ""
    documentations: Mapping[str, str] = field(default_factory=dict)
    incoming: tuple[str, ...] = ()  #: flow ids, in document order
    outgoing: tuple[str, ...] = ()
    default: str = ""  #: id of the default flow
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    attached_to: str = ""  #: boundary events: the activity
    handler: str = ""  #: compensation boundary events: the activity that undoes, by association
    interrupting: bool = True  #: cancelActivity / isInterrupting
    triggered_by_event: bool = False  #: event sub-process
    for_compensation: bool = False
    instantiate: bool = False
    initiator: str = ""  #: start events: the variable that takes the login of whoever begins the case
    event_gateway_type: str = "Exclusive"
    activation: Expression | None = None  #: complex gateway
    ordering: str = ""  #: ad-hoc: Parallel or Sequential
    completion: Expression | None = None  #: ad-hoc completionCondition
    cancel_remaining: bool = True
    loop: Loop | None = None
    form: str = ""  #: formId: a file in forms/
    assignment: Assignment = field(default_factory=Assignment)
    schedule: Schedule = field(default_factory=Schedule)
    priority: Expression | None = None
    service: ServiceCall | None = None
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    script: Script | None = None
    called: Called | None = None  #: callActivity -> process; businessRuleTask -> decision
    message: EventDefinition | None = None  #: send and receive tasks
    properties: Mapping[str, str] = field(default_factory=dict)  #: zeebe:property name -> value (laneway.fourEyes, ...)
    start_quantity: int = 1
    completion_quantity: int = 1
    own_data: tuple[DataItem, ...] = ()  #: its data inputs, outputs and properties
    data_in: tuple[Carried, ...] = ()
    data_out: tuple[Carried, ...] = ()
    reads: tuple[str, ...] = ()  #: data objects and stores read by association, ids
    writes: tuple[str, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `id` is made up (`flow:<source>:<target>:<n>`) where the file has none."""

    id: str
    source: str
    target: str
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    condition: Expression | None = None
    line: int = 0
    scope: str = ""
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane; `path` is the names (ids where unnamed) from the outermost lane to this one, joined with "/"."""

    id: str
    name: str
    path: str
    line: int = 0
    parent: str = ""
    process: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A participant; `process` is "" for a closed pool."""

    id: str
    name: str
    process: str = ""
    line: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class MessageFlow:
    """A message flow between pools or nodes of two pools."""

    id: str
    source: str
    target: str
    name: str = ""
    message: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class DataItem:
    """What holds data in one scope: a data object, a data store, their references, an input, output or property."""

    id: str
    kind: str  #: dataObject, dataObjectReference, dataStoreReference, property, dataInput, dataOutput, drawn
    name: str = ""
    ref: str = ""
    collection: bool = False
    scope: str = ""
    line: int = 0
    variable: str = ""  #: what expressions call it; of a store, what it is known by everywhere


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the file. Sub-processes are nodes; `nodes` and `flows` hold every level, told apart by `scope`."""

    id: str
    name: str = ""
    executable: bool = True
    line: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    documentations: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    version_tag: str = ""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    data: Mapping[str, DataItem] = field(default_factory=dict)
    is_global_task: bool = False  #: one task that call activities of any process may call; it never starts by itself


@dataclass(frozen=True, slots=True)
class Unread:
    """Something the reader met and kept but gave no meaning to: an unknown element or attribute."""

    element: str  #: id of the nearest element that has one
    name: str  #: qualified name as {namespace}local
    line: int = 0


@dataclass(frozen=True, slots=True)
class Repeated:
    """An id that an earlier element of the file has already."""

    id: str
    kind: str  #: BPMN's XML local name of the later one
    line: int = 0
    first_line: int = 0


@dataclass(frozen=True, slots=True)
class Diagram:
    """One BPMN file. Equal files (byte for byte) have equal hashes; `source` is written back unchanged."""

    processes: Mapping[str, Process]
    pools: Mapping[str, Pool] = field(default_factory=dict)
    message_flows: Mapping[str, MessageFlow] = field(default_factory=dict)
    exporter: str = ""
    languages: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    doubled: tuple[Unread, ...] = ()  #: what an element says a second time, by the node, flow or process it belongs to
    repeated: tuple[Repeated, ...] = ()
    source: bytes = b""
    hash: str = ""  #: SHA-256 of the source, hex

    def find_node(self, element: str) -> Node | None:
        """The node with this id in whichever process, or None."""
        for process in self.processes.values():
            if element in process.nodes:
                return process.nodes[element]
        return None

"""The data of a process: what each thing is called by expressions, and what is carried into a node and out of it.

A data object, a property, and the inputs and outputs of a process are variables of the scope they are drawn in. Each is
called by its name where that is a plain name, else by its id; ids are understood as well (`Process.data`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from app.diagrams import vocabulary
from app.diagrams.events import stem
from app.diagrams.levels import levels
from app.diagrams.model import Carried, DataItem, Expression, StoreRead
from app.diagrams.names import DROOLS, flag, is_bpmn, line_of, local

#: what is drawn in a scope, or stands there as its property, input or output
DRAWN = ("dataObject", "dataObjectReference", "dataStoreReference")
#: what gives a scope a variable; a reference to nothing is its own object
DECLARES = ("dataObject", "property", "dataInput", "dataOutput")
#: names that an expression would take for something else
_WORDS = frozenset({
    "true", "false", "null", "and", "or", "not", "if", "then", "else", "for", "in", "return", "some", "every",
    "satisfies", "between", "instance", "of", "function",
})  # fmt: skip
#: BPMN's own functions of XPath: `bpmn:getDataObject('order')/total`
_XPATH = re.compile(r"(?:\w+:)?get(?:DataObject|DataInput|DataOutput|ActivityProperty|ProcessProperty)\('([^']*)'\)")


def is_plain(name: str) -> bool:
    """Whether expressions can call it so."""
    return name.isidentifier() and name not in _WORDS


# -- what stands in a process ------------------------------------------------------------------------------------------


class Items(dict[str, DataItem]):
    """What holds data in a process, by id; `called` is the id by name, the first of a name."""

    def __init__(self, found: Mapping[str, DataItem]) -> None:
        super().__init__(found)
        self.called: dict[str, str] = {}
        for item in found.values():
            for name in (item.name, item.variable):
                self.called.setdefault(name, item.id)


def items(element: etree._Element, process: str, roots: Mapping[str, etree._Element]) -> Items:
    """Everything that holds data in a process, on every level; `variable` is what it is called."""
    found: dict[str, DataItem] = {}
    given: dict[str, str] = {}  #: object -> the name that its first reference gives it
    for item in _items(element, process):
        found.setdefault(item.id, item)
        if item.ref:
            given.setdefault(item.ref, item.name)
    objects = {key: replace(it, variable=_object_name(it, given)) for key, it in found.items() if it.kind in DECLARES}
    return Items({key: objects.get(key) or _referring(it, objects, roots) for key, it in found.items()})


def _items(element: etree._Element, process: str) -> Iterator[DataItem]:
    for each, scope in levels(element, process):
        if local(each) in DRAWN or (local(each) == "property" and not _is_placeholder(each)):
            yield _item(each, scope)
        elif local(each) == "ioSpecification" and each.getparent() is element:
            yield from (_item(it, scope) for it in each if is_bpmn(it, "dataInput", "dataOutput"))


def _item(element: etree._Element, scope: str) -> DataItem:
    ref = stem(element.get("dataObjectRef") or element.get("dataStoreRef"))
    name, many = (element.get("name") or "").strip(), flag(element, "isCollection")
    return DataItem(element.get("id") or "", local(element), name, ref, many, scope, line_of(element))


def _object_name(item: DataItem, given: Mapping[str, str]) -> str:
    """Its own name; of an object without one, the one that its first reference gives it, as modelers write it."""
    name = item.name or given.get(item.id, "")
    return name if is_plain(name) else item.id


def _referring(item: DataItem, objects: Mapping[str, DataItem], roots: Mapping[str, etree._Element]) -> DataItem:
    if item.kind == "dataStoreReference":
        return replace(item, variable=_store_name(item.ref, item.name or item.id, roots))
    meant = objects.get(item.ref)
    return replace(item, variable=meant.variable if meant else item.name if is_plain(item.name) else item.id)


def _store_name(ref: str, otherwise: str, roots: Mapping[str, etree._Element]) -> str:
    """What a store is known by everywhere: its name in the file, else its id; without a store, what is drawn."""
    store = roots.get(ref)
    return otherwise if store is None else (store.get("name") or "").strip() or ref


def _is_placeholder(element: etree._Element) -> bool:
    """bpmn.io draws an association to nothing as one to a property of such a name."""
    return (element.get("name") or "").startswith("__")


# -- what is carried into a node and out of it -------------------------------------------------------------------------


@dataclass(slots=True)
class Cargo:
    """What the data associations of one node say."""

    own: tuple[DataItem, ...] = ()  #: its inputs, outputs and properties
    into: list[Carried] = field(default_factory=list)
    out: list[Carried] = field(default_factory=list)
    is_strict: bool = False  #: its ioSpecification lists what goes in and out: nothing else does

    def fills(self, ref: str) -> Carried | None:
        """The association that fills this input; it is taken out."""
        return _taken(self.into, [each for each in self.into if each.end == ref])

    def empties(self, ref: str) -> Carried | None:
        """The association that takes this output; it is taken out."""
        return _taken(self.out, [each for each in self.out if each.end == ref])


def _taken(among: list[Carried], found: list[Carried]) -> Carried | None:
    for each in found[:1]:
        among.remove(each)
    return found[0] if found else None


def cargo(element: etree._Element, data: Items, roots: Mapping[str, etree._Element]) -> Cargo:
    """What is carried into a node and out of it, in document order."""
    specification = vocabulary.child(element, "ioSpecification")
    holders = [element] if specification is None else [specification, element]
    listed = [it for holder in holders for it in holder if is_bpmn(it, "dataInput", "dataOutput", "property")]
    own = [_item(it, "") for it in listed if not _is_placeholder(it) and it.get("id") not in data]
    own = [replace(it, variable=it.name if is_plain(it.name) else it.id) for it in own]
    reading = _Reading(element, {it.id: it for it in own}, data, roots)
    made = Cargo(tuple(own), is_strict=specification is not None and any(it.kind != "property" for it in own))
    for each in element:
        if is_bpmn(each, "dataInputAssociation"):
            made.into += reading.association(each, into=True)
        elif is_bpmn(each, "dataOutputAssociation"):
            made.out += reading.association(each, into=False)
    made.own = tuple(reading.own.values())
    return made


@dataclass(slots=True)
class _Reading:
    """Reads the associations of one node."""

    element: etree._Element
    own: dict[str, DataItem]
    data: Items
    roots: Mapping[str, etree._Element]

    def association(self, each: etree._Element, *, into: bool) -> Iterator[Carried]:
        """What it carries; nothing where a modeler only drew a line."""
        sources = [stem(it.text) for it in each if is_bpmn(it, "sourceRef") and (it.text or "").strip()]
        target = vocabulary.child(each, "targetRef")
        end = stem(target.text) if target is not None else ""
        ends = (sources[:1] or [""])[0] if not into else end
        stores = tuple(read for ref in sources for read in self._store(ref))
        transformation = vocabulary.child(each, "transformation")
        assignments = [it for it in each if is_bpmn(it, "assignment")]
        if transformation is None and not assignments and self._only_drawn(sources, end):
            yield from self._drawn(stores if into else self._store(end), line_of(each), into=into)
            return
        made = Carried(Expression("null"), "", stores=stores, end=ends, line=line_of(each))
        made = replace(made, unknown=next((ref for ref in (*sources, end) if ref and not self._is_known(ref)), ""))
        made = replace(made, takes=tuple(self.own[ref].variable for ref in sources if ref in self.own and not into))
        if assignments:
            yield from (self._assigned(made, it, end) for it in assignments)
        elif transformation is not None and (transformation.text or "").strip():
            yield self._to(replace(made, source=formula(transformation)), end)
        elif len(sources) == 1:
            yield self._to(replace(made, source=Expression(self._name(sources[0]), "name", made.line)), end)
        elif sources or not into:
            yield replace(made, fault="several" if sources else "nothing")

    def _only_drawn(self, sources: list[str], end: str) -> bool:
        """bpmn.io's line between an activity and data: one end of it is nothing."""
        ends = [*(sources or [""]), end]
        nowhere = [self.roots[ref] for ref in ends if ref in self.roots and local(self.roots[ref]) == "property"]
        return "" in ends[:1] or not end or any(_is_placeholder(it) for it in nowhere)

    def _drawn(self, stores: Iterable[StoreRead], line: int, *, into: bool) -> Iterator[Carried]:
        """A line to a store that names no input or output: the step sees the store by its names and writes what it
        yields under them. Lines to data objects need nothing of that kind: those are variables anyway."""
        for store in stores:
            if not into:
                name = _called(store)
                self.own[store.id] = DataItem(store.id, "drawn", store.store, line=line, variable=name)
                yield Carried(Expression(name, "name", line), store.store, is_store=True, takes=(name,), line=line)
            elif local(self.element) not in ("sendTask", "callActivity", "intermediateThrowEvent", "endEvent"):
                for name in dict.fromkeys((_called(store), store.id)):
                    source = Expression(store.names[0], "name", line)
                    yield Carried(source, name, stores=(store,), is_drawn=True, line=line)

    def _to(self, made: Carried, ref: str) -> Carried:
        if not ref:
            return replace(made, fault="nowhere")
        store = next(iter(self._store(ref)), None)
        if store is not None:
            return replace(made, target=store.store, is_store=True)
        return replace(made, target=self._name(ref))

    def _assigned(self, made: Carried, assignment: etree._Element, end: str) -> Carried:
        """`from` is an expression, `to` a place: the target itself, something else that has a name, or a part of it."""
        source, place = vocabulary.child(assignment, "from"), vocabulary.child(assignment, "to")
        if source is None or not (source.text or "").strip():
            return replace(made, fault="nothing")
        made = replace(made, source=formula(source), line=line_of(assignment))
        written = _place(place)
        first, *rest = [part.strip() for part in written.replace("/", ".").split(".")]
        if not all((first or end, *rest)):
            return replace(made, fault="nowhere")
        if end and written in ("", end):
            return self._to(made, end)
        if self._id(written):
            return self._to(made, self._id(written))
        if first == end:
            return replace(self._to(made, end), path=tuple(rest))
        if self._id(first):
            return replace(self._to(made, self._id(first)), path=tuple(rest))
        made = self._to(made, end) if end else replace(made, target=first)
        return replace(made, path=tuple([first, *rest] if end else rest) if written else ())

    def _id(self, text: str) -> str:
        """The id that this text means, by id or by name, the node's own first; "" when nothing is called so."""
        if text in self.own or text in self.data or not text:
            return text
        of_own = next((it.id for it in self.own.values() if text in (it.name, it.variable)), "")
        return of_own or self.data.called.get(text, "")

    def _is_known(self, ref: str) -> bool:
        known = ("dataStore", "inputDataItem", "outputDataItem")
        return ref in self.own or ref in self.data or local_name(self.roots.get(ref)) in known

    def _name(self, ref: str) -> str:
        """The variable that a reference means: what nobody declares is taken for its name, as Flowable writes it."""
        item = self.own.get(ref) or self.data.get(ref)
        if item is not None and item.kind != "dataStoreReference":
            return item.variable
        if item is not None or local_name(self.roots.get(ref)) == "dataStore":
            return ref
        one = self.roots.get(ref)
        return variable(one) if local_name(one) in ("inputDataItem", "outputDataItem") else ref

    def _store(self, ref: str) -> Iterator[StoreRead]:
        item, root = self.data.get(ref), self.roots.get(ref)
        if item is not None and item.kind == "dataStoreReference":
            names = [ref, item.ref, item.variable, item.name]
            yield StoreRead(item.variable, tuple(dict.fromkeys(name for name in names if name)), item.ref or item.id)
        elif local_name(root) == "dataStore":
            name = _store_name(ref, ref, self.roots)
            yield StoreRead(name, tuple(dict.fromkeys((ref, name))), ref)


def _place(element: etree._Element | None) -> str:
    """Where an assignment goes: a name or a path, out of whatever a tool writes around it."""
    text = ((element.text or "") if element is not None else "").strip().removeprefix("=").strip(" /")
    text = text.removeprefix("${").removeprefix("#{").removesuffix("}")
    return _XPATH.sub(r"\1", text)


def _called(store: StoreRead) -> str:
    return store.store if is_plain(store.store) else store.id


def local_name(element: etree._Element | None) -> str:
    """Its name; "" for none."""
    return "" if element is None else local(element)


def variable(item: etree._Element | None) -> str:
    """The variable an inputDataItem or outputDataItem stands for: its name where it can be one, else its id."""
    if item is None:
        return ""
    name = (item.get("name") or "").strip()
    return name if name.isidentifier() else item.get("id") or name


def formula(element: etree._Element) -> Expression:
    """A transformation, or what is assigned. Constants of jBPM are texts; elsewhere a text without a sign is FEEL."""
    text, line = (element.text or "").strip(), line_of(element)
    language = (element.get("language") or "").lower()
    if language and not text.startswith(("=", "${", "#{")):
        found = vocabulary.condition(element)
        return found or Expression("", "feel", line)
    plain = "literal" if _is_jbpms(element) and not _is_value(text) else "feel"
    return vocabulary.expression(text, line, plain) or Expression("", "feel", line)


def _is_jbpms(element: etree._Element) -> bool:
    return DROOLS in element.nsmap.values()


def _is_value(text: str) -> bool:
    return text[:1] in "\"'" or text in ("true", "false", "null") or text.replace(".", "", 1).isdigit()


# -- for a whole process -----------------------------------------------------------------------------------------------


def declared(data: Iterable[DataItem]) -> dict[str, tuple[str, ...]]:
    """Scope id -> the variables that it declares."""
    found: dict[str, dict[str, None]] = {}
    every = list(data)
    objects = {it.id for it in every if it.kind in DECLARES}
    for item in every:
        if item.kind in DECLARES or (item.kind == "dataObjectReference" and item.ref not in objects):
            found.setdefault(item.scope, {})[item.variable] = None
    return {scope: tuple(names) for scope, names in found.items()}


def aliases(data: Iterable[DataItem]) -> dict[str, dict[str, str]]:
    """Scope id -> other names by which its variables may be called: ids, those of references and their names."""
    every = list(data)
    objects = {it.id: it for it in every if it.kind in DECLARES}
    own = {scope: frozenset(names) for scope, names in declared(every).items()}
    found: dict[str, dict[str, str]] = {}
    for item in every:
        if item.kind == "dataStoreReference":
            continue
        scope = objects[item.ref].scope if item.ref in objects else item.scope
        for name in (item.id, item.name if is_plain(item.name) else ""):
            if name and name not in own.get(scope, frozenset()):
                found.setdefault(scope, {}).setdefault(name, item.variable)
    return found

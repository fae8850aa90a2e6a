"""What a form is once it has been read: an immutable list of components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from app.core.translations import translate
from app.expressions import Compiled

TEXTS = frozenset(("textfield", "textarea"))
SINGLE_CHOICE = frozenset(("select", "radio"))
MANY_CHOICE = frozenset(("checklist", "taglist"))
#: components that a person fills in
INPUTS = TEXTS | SINGLE_CHOICE | MANY_CHOICE | {"number", "checkbox", "datetime"}
#: components that only show something
STATIC = frozenset(("text", "separator", "spacer", "image", "button"))


def _no_labels() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose, with its label per language ("" where the form has one language only)."""

    value: Any
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The `validate` part of a component. A limit is a number, or FEEL that gives one."""

    required: bool = False
    minimum: Any = None
    maximum: Any = None
    min_length: Any = None
    max_length: Any = None
    pattern: str = ""
    pattern_messages: Mapping[str, str] = field(default_factory=_no_labels)
    email: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One line of a form. `labels` are by language; the key "" holds a plain string."""

    type: str
    path: str  #: where it stands in the JSON, for messages: components[2].components[0]
    key: str = ""
    labels: Mapping[str, str] = field(default_factory=_no_labels)
    descriptions: Mapping[str, str] = field(default_factory=_no_labels)
    rules: Rules = field(default_factory=Rules)
    options: tuple[Option, ...] = ()
    options_key: str = ""  #: name of the data that holds the options
    options_expression: Compiled | None = None
    #: conditions under which it is hidden: its own and those of the groups around it
    hides: tuple[Compiled, ...] = ()
    readonly: bool = False
    disabled: bool = False
    subtype: str = ""  #: datetime: date, time, datetime
    time_format: str = "utc_offset"  #: datetime: utc_offset, utc_normalized, no_timezone
    no_past: bool = False  #: datetime: days before today are refused
    decimals: int | None = None
    increment: Any = None
    as_text: bool = False  #: number: answered as a string, exactly as typed
    default: Any = None
    properties: Mapping[str, str] = field(default_factory=_no_labels)

    @property
    def is_input(self) -> bool:
        return self.type in INPUTS

    @property
    def is_written(self) -> bool:
        """Whether an answer may hold it: read-only and disabled inputs show data and never change it."""
        return self.is_input and not self.readonly and not self.disabled

    @property
    def empty(self) -> Any:
        """What form-js submits for an input that was left alone."""
        if self.type in MANY_CHOICE:
            return []
        return {"checkbox": False, "textfield": "", "textarea": ""}.get(self.type)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a form that has to be changed before it can be used."""

    path: str
    key: str  #: sentence in the catalog area `forms`
    values: Mapping[str, Any] = field(default_factory=_no_labels)

    def explain(self, lang: str) -> str:
        return translate(f"forms.{self.key}", lang, **self.values)

    @property
    def message(self) -> str:
        """In English, with the place."""
        return f"{self.path}: {self.explain('en')}" if self.path else self.explain("en")


@dataclass(frozen=True, eq=False)
class Form:
    """One form. `source` is the JSON as it was read; nobody may change it."""

    id: str
    components: tuple[Component, ...]  #: in order, those of groups included
    problems: tuple[Problem, ...]  #: what reading already found
    source: Mapping[str, Any] = field(repr=False)
    hash: str = ""  #: SHA-256 of the canonical JSON, hex

    @cached_property
    def inputs(self) -> tuple[Component, ...]:
        return tuple(component for component in self.components if component.is_input)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(component.key for component in self.inputs)

    @cached_property
    def writes(self) -> frozenset[str]:
        """Keys that an answer may set."""
        return frozenset(component.key for component in self.inputs if component.is_written)

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that an answer may write."""
        return frozenset(key.partition(".")[0] for key in self.writes)


def in_language(labels: Mapping[str, str], lang: str, otherwise: str = "") -> str:
    """The label in the reader's language, else the plain one, else any."""
    return labels.get(lang) or labels.get("") or next((text for text in labels.values() if text), otherwise)

"""Holds answers against the OpenAPI document, as a client generated from it would."""

from __future__ import annotations

from datetime import datetime
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class Differs(AssertionError):
    """The answer is not what the document says."""


class Document:
    """One OpenAPI document."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The documented call for an address, None when there is none. Those that name more of it come first."""
        wanted = path.partition("?")[0].split("/")
        for template, operations in sorted(self.spec["paths"].items(), key=lambda it: it[0].count("{")):
            places = template.split("/")
            fits = len(places) == len(wanted) and all(
                place == word or (place.startswith("{") and word) for place, word in zip(places, wanted, strict=True)
            )
            if fits and method.lower() in operations:
                found: dict[str, Any] = operations[method.lower()]
                return found
        return None

    def check(self, method: str, path: str, status: int, media: str, body: Any) -> None:
        """Raises Differs."""
        operation = self.operation(method, path)
        if operation is None:
            self.hold(body, {"$ref": "#/components/schemas/Failure"}, path)
            return
        if str(status) not in operation["responses"]:
            raise Differs(f"{method} {path} answers {status}, which is not documented: {body}")
        content = operation["responses"][str(status)]["content"]
        if media not in content:
            raise Differs(f"{method} {path} answers {media}, documented is {sorted(content)}")
        if media == "application/json":
            self.hold(body, content[media]["schema"], f"{method} {path}")

    def hold(self, value: Any, schema: dict[str, Any], place: str) -> None:
        """Hold a value against a schema. Raises Differs."""
        if "$ref" in schema:
            self.hold(value, self.spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]], place)
        if "anyOf" in schema:
            self._any(value, schema["anyOf"], place)
        if "type" in schema:
            _type(value, schema["type"], place)
        if "enum" in schema and value not in schema["enum"]:
            raise Differs(f"{place}: {value!r} is none of {schema['enum']}")
        if schema.get("format") == "date-time" and value is not None and datetime.fromisoformat(value).tzinfo is None:
            raise Differs(f"{place}: {value!r} has no zone")
        if isinstance(value, dict):
            self._object(value, schema, place)
        if isinstance(value, list) and "items" in schema:
            for each in value:
                self.hold(each, schema["items"], f"{place}[]")

    def _any(self, value: Any, schemas: list[dict[str, Any]], place: str) -> None:
        faults = []
        for schema in schemas:
            try:
                return self.hold(value, schema, place)
            except Differs as fault:
                faults.append(str(fault))
        raise Differs("; or ".join(faults))

    def _object(self, value: dict[str, Any], schema: dict[str, Any], place: str) -> None:
        missing = set(schema.get("required", ())) - value.keys()
        if missing:
            raise Differs(f"{place}: {sorted(missing)} are missing in {value}")
        known = schema.get("properties", {})
        for name, inner in value.items():
            if name in known:
                self.hold(inner, known[name], f"{place}.{name}")
            elif schema.get("additionalProperties", True) is False:
                raise Differs(f"{place}: {name} is not documented")
            elif isinstance(schema.get("additionalProperties"), dict):
                self.hold(inner, schema["additionalProperties"], f"{place}.{name}")


def _type(value: Any, types: str | list[str], place: str) -> None:
    for each in [types] if isinstance(types, str) else types:
        if isinstance(value, TYPES[each]) and (isinstance(value, bool) == (each == "boolean")):
            return
    raise Differs(f"{place}: {value!r} is no {types}")

"""Machines that call the API for somebody, and whose every answer is held against the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.people.logins import create_token
from tests.api.document import Document
from tests.conftest import Cast

# The drawings of the cases' own tests.
from tests.instances.conftest import deployed, relay  # noqa: F401

OPENAPI = "/api/v1/openapi.json"


class Machine:
    """Calls for one person. Answers are parsed; `raw` gives the response."""

    def __init__(self, app: Flask, document: Document, token: str = "") -> None:
        self.client = app.test_client()
        self.document = document
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def raw(self, method: str, path: str, headers: Mapping[str, str] | None = None, **how: Any) -> TestResponse:
        address = path if path.startswith("/") else f"/api/v1/{path}"
        said = self.client.open(address, method=method, headers={**self.headers, **(headers or {})}, **how)
        body = json.loads(said.data) if said.mimetype == "application/json" else None
        assert body is not None or said.status_code == 200, said.data
        self.document.check(method, address, said.status_code, said.mimetype, body)
        assert said.status_code != 500
        return said

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        said = self.raw("GET", path, _named(headers))
        assert said.status_code == status, said.json
        return said.json

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        how: dict[str, Any] = {} if body is None else {"json": body}
        said = self.raw("POST", path, _named(headers), **how)
        assert said.status_code == status, said.json
        return said.json


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """`idempotency_key="a"` is the header Idempotency-Key."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def document(app: Flask) -> Document:
    return Document(app.test_client().get(OPENAPI).json)


CallAs = Callable[[str], Machine]


@pytest.fixture
def machine(app: Flask, cast: Cast, document: Document) -> CallAs:
    """`machine("lin")` calls with a token of lin's; `machine("")` without any."""
    made: dict[str, Machine] = {}

    def of(login: str) -> Machine:
        if login not in made:
            token = create_token("test", by=getattr(cast, login)) if login else ""
            made[login] = Machine(app, document, token)
        return made[login]

    return of

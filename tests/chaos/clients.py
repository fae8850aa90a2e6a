"""Clients that log, outside the system, what they asked and what they were told: ok, refused or unknown."""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Acknowledged:
    """Something the server said it did."""

    kind: str
    key: str
    answer: dict[str, Any]


@dataclass
class Ledger:
    """Everything that was acknowledged, by any client."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    entries: list[Acknowledged] = field(default_factory=list)
    unknown: int = 0

    def add(self, entry: Acknowledged) -> None:
        with self.lock:
            self.entries.append(entry)


class Client(threading.Thread):
    """Starts cases and completes their tasks until told to stop. An unknown outcome is asked again with its key."""

    def __init__(self, number: int, port: int, token: str, ledger: Ledger, seed: int) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.token, self.ledger = number, port, token, ledger
        self.random = random.Random(seed * 1000 + number)
        self.stopping = threading.Event()
        self.fault: str | None = None

    def run(self) -> None:
        count = 0
        while not self.stopping.is_set() and self.fault is None:
            count += 1
            try:
                self._case(f"{self.number}-{count}")
            except (KeyError, TypeError, ValueError) as fault:
                self.fault = f"an answer that is none: {fault!r}"

    def _case(self, name: str) -> None:
        begun = self._ask("start", "/api/v1/instances", {"process": "storm", "data": {"name": name}}, f"start-{name}")
        tasks = list(begun["tasks"]) if begun else []
        done = 0
        while tasks and not self.stopping.is_set():
            task = tasks.pop(self.random.randrange(len(tasks)))
            key = f"complete-{name}-{done}"
            answer = self._ask("complete", f"/api/v1/tasks/{task}/complete", {"answer": {f"a{done}": name}}, key)
            done += 1
            if answer:
                tasks += answer["tasks"]

    def _ask(self, kind: str, path: str, body: dict[str, Any], key: str) -> dict[str, Any] | None:
        """Ask until there is an answer. Nothing comes back only when the test is over."""
        while not self.stopping.is_set():
            try:
                status, answer = self._post(path, body, key)
            except (OSError, http.client.HTTPException):
                self.ledger.unknown += 1
                self.stopping.wait(0.05)
                continue
            if status in (200, 201):
                self.ledger.add(Acknowledged(kind, key, answer))
                return answer
            if status == 503:
                self.stopping.wait(0.05)
                continue
            self.fault = f"{kind} {key}: {status} {answer}"
            return None
        return None

    def _post(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            }
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

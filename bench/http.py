"""`http`: a task completed through HTTP, by a client of its own against a served application."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import waitress

from app.people.logins import create_token
from bench.complete import ANSWER, start_claimed
from bench.world import World, quantile, say, world

N = 300


def run() -> None:
    for database in ("sqlite", "postgres"):
        with world(database) as place:
            _measure(place)


def _measure(place: World) -> None:
    lin = place.actor("lin")
    tasks = start_claimed(place, N, lin)
    token = create_token("bench", by=lin)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = waitress.create_server(place.app, host="127.0.0.1", port=port, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    times = [_complete(connection, task, token) for task in tasks][20:]
    server.close()
    say("http", "complete p50", quantile(times, 0.5), "ms", len(times), place.database, against=8)
    say("http", "complete p95", quantile(times, 0.95), "ms", len(times), place.database)


def _complete(connection: http.client.HTTPConnection, task: int, token: str) -> float:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"http-{task}",
    }
    body = json.dumps({"answer": ANSWER})
    begun = time.perf_counter()
    connection.request("POST", f"/api/v1/tasks/{task}/complete", body, headers)
    response = connection.getresponse()
    said = response.read()
    assert response.status == 200, said
    return (time.perf_counter() - begun) * 1000

"""The embedded runner: APScheduler ticks, our tables say what is due. Nothing is kept in the scheduler."""

from __future__ import annotations

import logging
import os
import secrets
import threading
import traceback
from datetime import timedelta

import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from app.core import clock, queue
from app.core.database import Tx, again, reading, writing
from app.core.keepable import keepable
from app.definitions.timer_starts import JOB, Plan
from app.instances import messages, moves, timers
from app.instances.models import Message, MoveKey
from app.jobs import migrating, service_calls

log = logging.getLogger("laneway.jobs")

#: at most this many jobs, timers and messages each in one tick, so that none of them starves the others
SHARE = 100


class Runner:
    """Works off due timers, waiting messages and jobs of one application, one at a time."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._busy = threading.Lock()
        self._scheduler = BackgroundScheduler(timezone="UTC")
        register_handlers(app.config["SERVICE_BACKOFF_SECONDS"])

    def start(self) -> None:
        """Tick until `stop`."""
        seconds = self.app.config["TICK_SECONDS"]
        self._scheduler.add_job(self.tick, "interval", seconds=seconds, max_instances=1, coalesce=True, id="tick")
        self._scheduler.add_job(self.sweep, "interval", hours=1, max_instances=1, coalesce=True, id="sweep")
        self._scheduler.start()

    def stop(self) -> None:
        """Finish what runs and stop ticking."""
        self._scheduler.shutdown(wait=True)

    @property
    def is_running(self) -> bool:
        return bool(self._scheduler.running)

    def tick(self) -> int:
        """One look at everything that is due. Returns how much was done; does nothing while another tick runs."""
        if not self._busy.acquire(blocking=False):
            return 0
        try:
            with self.app.app_context():
                return self._timers() + self._messages() + self._jobs()
        finally:
            self._busy.release()

    def drain(self, most: int = 1000) -> None:
        """Tick until nothing is due (tests, the demo)."""
        for _ in range(most):
            if not self.tick():
                return

    def _timers(self) -> int:
        with reading() as session:
            due = timers.all_due(session, clock.now(), SHARE)
        return sum(self._guarded("timer", moves.fire, instance, ref) for instance, ref in due)

    def _messages(self) -> int:
        with reading() as session:
            waiting = messages.waiting_with_listener(session, SHARE)
        return sum(self._guarded("message", moves.deliver, message) for message in waiting)

    def _guarded(self, what: str, move: object, *args: object) -> bool:
        # One case that cannot move must not keep the others waiting.
        try:
            return bool(move(*args))  # type: ignore[operator]
        except Exception:
            log.exception("%s %s", what, args)
            return False

    def _jobs(self) -> int:
        for done in range(SHARE):
            job = queue.take(self.name)
            if job is None:
                return done
            self._run(job)
        return SHARE

    def _run(self, job: queue.Leased) -> None:
        handler = queue.handlers.get(job.name)
        if handler is None or job.attempt > job.most:
            # It crashed the runner on every attempt (or nobody knows it): give up with an incident, never loop.
            self._give_up(job, handler, f"no result after {job.most} attempts")
            return
        try:
            handler.run(job.args)
        except queue.NotNow as fault:
            queue.postpone(job, self.name, fault.wait)
        except Exception:  # noqa: BLE001  the job runner is one of the three places (conventions 6)
            error = _told()
            log.warning("job %s (%s) failed: %s", job.id, job.name, error.splitlines()[-1])
            if job.attempt >= job.most:
                self._give_up(job, handler, error)
            else:
                queue.put_back(job, self.name, error, failed=False, backoff_seconds=handler.backoff_seconds)
        else:
            queue.finish(job, self.name)

    def _give_up(self, job: queue.Leased, handler: queue.Handler | None, error: str) -> None:
        try:
            if handler is not None and handler.on_failure is not None:
                handler.on_failure(job.args, error.strip().splitlines()[-1])
                queue.finish(job, self.name)
                return
        except queue.NotNow as fault:
            queue.postpone(job, self.name, fault.wait)
            return
        except Exception:  # noqa: BLE001  as above
            # Kept as failed with both tracebacks: a job must neither loop nor keep the others waiting.
            error = f"{error}\n{_told()}"
            log.error("job %s (%s) could not be given up: %s", job.id, job.name, error)
        queue.put_back(job, self.name, error, failed=True, backoff_seconds=0)

    def sweep(self) -> None:
        """Forget old idempotency keys and messages that nobody wanted."""
        with self.app.app_context():
            _sweep(timedelta(days=self.app.config["KEY_DAYS"]))


def _told() -> str:
    """The traceback of what is being handled, fit for a log and a database whatever a service said."""
    text = traceback.format_exc()
    return keepable(text, len(text))


@again
def _sweep(keys_for: timedelta) -> None:
    now = clock.now()
    with writing() as tx:
        _forget(tx, sa.delete(MoveKey).where(MoveKey.at < now - keys_for))
        _forget(tx, sa.delete(Message).where(Message.state != "waiting", Message.received_at < now - keys_for))
        expired = sa.update(Message).where(Message.state == "waiting", Message.expires_at < now)
        _forget(tx, expired.values(state="expired", payload=None))


def _forget(tx: Tx, statement: sa.sql.dml.UpdateBase) -> None:
    tx.session.execute(statement, execution_options={"synchronize_session": False})


def register_handlers(service_backoff_seconds: float) -> None:
    """What each job name means."""
    queue.handle("message.deliver", lambda args: _deliver(args["message"]))
    queue.handle("message.send", _send, most=10)
    queue.handle(JOB, _begin, on_failure=_not_begun)
    migrating.register()
    service_calls.register(service_backoff_seconds)


def _deliver(message_id: int) -> None:
    """Once; a message that nobody listens for yet is found again by the tick when somebody does."""
    moves.deliver(message_id)


def _begin(args: dict[str, object]) -> None:
    """The moment of a timer start event came."""
    moves.start_by_clock(Plan.read(args))


def _not_begun(args: dict[str, object], error: str) -> None:
    """One moment that began no case does not end its cycle."""
    moves.miss_start(Plan.read(args), error)


def _send(args: dict[str, object]) -> None:
    """A message that a case sent becomes one that cases receive."""
    moves.pass_on(args)

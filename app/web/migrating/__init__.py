"""Taking running cases to another version: the plan with its dry run, the order, what became of each case, and back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.database import reading
from app.definitions import queries as definitions
from app.instances import moves, orders, prospects, queries
from app.instances.errors import NoSuchOrder
from app.web.access import Who, allow
from app.web.language import say
from app.web.numbers import whole
from app.web.security import actor

pages = Blueprint("migrating", __name__, url_prefix="/processes")

MAP = "map."  #: what the fields of the element map begin with
#: Cases that one look at a plan judges; an order is about all of them.
LOOKED_AT = 1000
#: Cases that a page lists.
SHOWN = 100


@pages.get("/<key>/v<int:number>/migrate")
@allow(Who.ANALYSTS)
def plan(key: str, number: int) -> ResponseReturnValue:
    given, only = _given(request.args), whole(request.args.get("from"))
    with reading() as session:
        version = definitions.version(session, key, number)
        prospects.require_map(session, version.id, given)
        made = prospects.plan(session, version.id, given, [only] if only else (), limit=LOOKED_AT)
        return render_template(
            "migrate.html",
            process=version,
            plan=made,
            carriers=prospects.elsewhere(session, key, version.id),
            only=only,
            visible=_visible(session, [case.id for case in made.cases]),
            most=SHOWN,
            earlier=[orders.progress(session, each) for each in orders.of_version(session, version.id)],
        )


@pages.post("/<key>/v<int:number>/migrations")
@allow(Who.ANALYSTS)
def order(key: str, number: int) -> ResponseReturnValue:
    given, only = _given(request.form), whole(request.form.get("from"))
    with reading() as session:
        version = definitions.version(session, key, number)
    if request.form.get("act") != "go":
        asked = {f"{MAP}{element}": target for element, target in given.items()} | ({"from": str(only)} if only else {})
        return redirect(f"{url_for('migrating.plan', key=key, number=number)}?{urlencode(asked)}")
    told = moves.migrate_all(
        version.id,
        given,
        by=actor(),
        versions=[only] if only else (),
        key=request.form.get("once") or None,
        reason=request.form.get("reason", "").strip()[:500],
    )
    return redirect(url_for("migrating.progress", key=key, order_id=int(told["id"])))


@pages.get("/<key>/migrations/<int:order_id>")
@allow(Who.ANALYSTS)
def progress(key: str, order_id: int) -> ResponseReturnValue:
    after = whole(request.args.get("after"))
    with reading() as session:
        made = _find(session, key, order_id)
        results, following = orders.results(session, order_id, after, SHOWN)
        return render_template(
            "migration.html",
            order=made,
            process=definitions.version(session, made.key, made.version),
            results=results,
            following=following,
            visible=_visible(session, [each.id for each in results]),
        )


@pages.post("/<key>/migrations/<int:order_id>/undo")
@allow(Who.ANALYSTS)
def undo(key: str, order_id: int) -> ResponseReturnValue:
    with reading() as session:
        _find(session, key, order_id)
    moves.undo_all(order_id, by=actor(), key=request.form.get("once") or None)
    flash(say("studio.migrate.undoing"))
    return redirect(url_for("migrating.progress", key=key, order_id=order_id))


def _find(session: Session, key: str, order_id: int) -> orders.Progress:
    """Raises NoSuchOrder."""
    made = orders.progress(session, order_id)
    if made.key != key:
        raise NoSuchOrder(order=order_id)
    return made


def _given(fields: Mapping[str, str]) -> dict[str, str]:
    """The element map that a form or an address gives; what keeps its id is not named."""
    found = {name.removeprefix(MAP): target for name, target in fields.items() if name.startswith(MAP)}
    return {element: target for element, target in found.items() if element != target}


def _visible(session: Session, cases: list[int]) -> set[int]:
    """The cases that the reader may open."""
    return queries.visible_of(session, cases, actor())

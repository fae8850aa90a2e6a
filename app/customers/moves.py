"""What changes customers. `find_or_create` runs inside the move that starts a case; `register` is one of its own."""

from __future__ import annotations

import secrets
import unicodedata

from sqlalchemy import select

from app.core.clock import now
from app.core.database import Tx, again, writing
from app.customers.errors import BadCustomer, CustomerNumberTaken
from app.customers.models import Customer, Kind

#: What a customer may carry, and how long it may be.
LIMITS = {"number": 40, "name": 200, "id_number": 60, "phone": 40, "email": 254, "segment": 40}


def find_or_create(tx: Tx, *, name: str, number: str = "", kind: Kind = Kind.PERSON, **details: str) -> Customer:
    """The customer with this number or, without one, this identity number; a new one where there is none.

    A name alone never identifies anybody. What is known already is not overwritten: correcting it is a move of its
    own. Details are id_number, phone, email, segment. Raises BadCustomer.
    """
    wanted = _clean({"name": name, "number": number, **details})
    return _known(tx, wanted) or _new(tx, Kind(kind), wanted)


@again
def register(*, name: str, number: str = "", kind: Kind = Kind.PERSON, **details: str) -> int:
    """A new customer's id. Raises CustomerNumberTaken and BadCustomer."""
    wanted = _clean({"name": name, "number": number, **details})
    with writing() as tx:
        if wanted["number"] and _by(tx, "number", wanted["number"]) is not None:
            raise CustomerNumberTaken(fields={"number": ["customers.number_taken"]}, number=wanted["number"])
        return _new(tx, Kind(kind), wanted).id


def _known(tx: Tx, wanted: dict[str, str]) -> Customer | None:
    if wanted["number"]:
        return _by(tx, "number", wanted["number"])
    return _by(tx, "id_number", wanted["id_number"]) if wanted["id_number"] else None


def _by(tx: Tx, column: str, value: str) -> Customer | None:
    return tx.session.scalar(select(Customer).where(getattr(Customer, column) == value).order_by(Customer.id).limit(1))


def _new(tx: Tx, kind: Kind, wanted: dict[str, str]) -> Customer:
    if not wanted["name"]:
        raise BadCustomer(fields={"name": ["people.missing"]})
    customer = Customer(kind=kind, created_at=now(), **wanted | {"number": wanted["number"] or _free_number(tx)})
    tx.session.add(customer)
    tx.session.flush()
    return customer


def _free_number(tx: Tx) -> str:
    """Such as K26-7F3K9Q: says the year and nothing else, so that numbers cannot be guessed from each other."""
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    while True:
        number = f"K{now():%y}-" + "".join(secrets.choice(letters) for _ in range(6))
        if _by(tx, "number", number) is None:
            return number


def _clean(given: dict[str, str]) -> dict[str, str]:
    """Every field, control characters turned to blanks. Raises BadCustomer naming all that are too long or unknown."""
    cleaned = dict.fromkeys(LIMITS, "")
    faults: dict[str, list[str]] = {}
    for field, text in given.items():
        if field not in LIMITS:
            faults[field] = ["customers.unknown_field"]
            continue
        cleaned[field] = "".join(" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in text).strip()
        if len(cleaned[field]) > LIMITS[field]:
            faults[field] = ["people.too_long"]
    if faults:
        raise BadCustomer(fields=faults)
    return cleaned

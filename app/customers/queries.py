"""Questions about customers. Answers are plain values."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.customers.errors import UnknownCustomer
from app.customers.models import Customer, Kind


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A customer as screens show them."""

    id: int
    number: str
    name: str
    kind: Kind
    id_number: str
    phone: str
    email: str
    segment: str
    created_at: datetime


def get(session: Session, customer_id: int) -> CustomerFacts:
    """Raises UnknownCustomer."""
    row = session.get(Customer, customer_id)
    if row is None:
        raise UnknownCustomer(customer_id=customer_id)
    return _facts(row)


def find_by_number(session: Session, number: str) -> CustomerFacts | None:
    row = session.scalar(select(Customer).where(Customer.number == number.strip()))
    return None if row is None else _facts(row)


def search(session: Session, text: str, *, limit: int = 20) -> list[CustomerFacts]:
    """Customers whose number begins with the text or whose name contains it, exact numbers first."""
    text = text.strip()
    if not text:
        return []
    found = (
        select(Customer)
        .where(
            or_(
                Customer.number.istartswith(text, autoescape=True),
                Customer.name.icontains(text, autoescape=True),
            )
        )
        .order_by(Customer.number != text, Customer.name, Customer.number)
        .limit(limit)
    )
    return [_facts(row) for row in session.scalars(found)]


def names_of(session: Session, customers: Collection[int]) -> dict[int, str]:
    """For lists of cases."""
    rows = session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(set(customers))))
    return dict(rows.all())


def _facts(row: Customer) -> CustomerFacts:
    return CustomerFacts(
        row.id,
        row.number,
        row.name,
        Kind(row.kind),
        row.id_number,
        row.phone,
        row.email,
        row.segment,
        row.created_at,
    )

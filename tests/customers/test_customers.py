"""One record for each customer, however often they come."""

from __future__ import annotations

import pytest

from app.core.database import reading, writing
from app.customers import moves, queries
from app.customers.errors import BadCustomer, CustomerNumberTaken, UnknownCustomer
from app.customers.models import Customer, Kind

pytestmark = pytest.mark.usefixtures("app")


def met(name: str, **details: str) -> Customer:
    with writing() as tx:
        return moves.find_or_create(tx, name=name, **details)


def found(text: str) -> list[str]:
    with reading() as session:
        return [customer.name for customer in queries.search(session, text)]


def test_a_customer_who_comes_again_is_the_same() -> None:
    first = met("李明", number="K-1", phone="13800000000")
    again = met("李 明", number=" K-1 ", phone="13900000000")
    assert again.id == first.id
    assert (again.name, again.phone) == ("李明", "13800000000")


def test_an_identity_number_identifies_and_a_name_does_not() -> None:
    first = met("李明", id_number="110101199003070000")
    assert met("李明", id_number="110101199003070000").id == first.id
    assert met("李明").id != first.id


def test_a_new_customer_gets_a_number_of_their_own() -> None:
    numbers = {met("李明").number for _ in range(20)}
    assert len(numbers) == 20
    with reading() as session:
        assert all(queries.find_by_number(session, number) for number in numbers)


def test_a_number_is_registered_once() -> None:
    moves.register(name="华夏贸易有限公司", number="K-2", kind=Kind.COMPANY, segment="corporate")
    with pytest.raises(CustomerNumberTaken):
        moves.register(name="另一家", number="K-2")
    with reading() as session:
        facts = queries.find_by_number(session, "K-2")
        assert facts is not None
        assert queries.get(session, facts.id) == facts
        assert queries.names_of(session, [facts.id, 404]) == {facts.id: "华夏贸易有限公司"}
    assert facts.kind is Kind.COMPANY


def test_what_does_not_fit_is_refused_by_its_field() -> None:
    with pytest.raises(BadCustomer) as refusal:
        moves.register(name="李" * 201, phone="1" * 41, salary="1")
    assert refusal.value.fields.keys() == {"name", "phone", "salary"}
    with pytest.raises(BadCustomer) as refusal:
        met(" \0 ")
    assert refusal.value.fields.keys() == {"name"}


def test_customers_are_found_by_number_and_name() -> None:
    met("李明", number="K-10")
    met("李明远", number="K-1")
    met("Wang & Sons 100%", number="X_1")
    assert found("李") == ["李明", "李明远"]
    assert found("k-1") == ["李明", "李明远"]
    assert found("K-1") == ["李明远", "李明"]
    assert found("WANG") == ["Wang & Sons 100%"]


@pytest.mark.parametrize("text", ["", "  ", "%", "_", "K%", "' OR 1=1 --"])
def test_signs_of_the_database_find_nothing(text: str) -> None:
    met("李明", number="K-10")
    assert found(text) == []


def test_there_is_no_customer_404() -> None:
    with reading() as session, pytest.raises(UnknownCustomer):
        queries.get(session, 404)

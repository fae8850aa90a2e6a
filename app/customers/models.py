"""The customers: one record that every department sees. Personal data of customers lives here and nowhere else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, Model, UtcDateTime
from app.core.ids import new_id


class Kind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class Customer(Model):
    """A person or company that we serve."""

    __tablename__ = "customer"
    __table_args__ = (CheckConstraint("kind IN ('person', 'company')", name="kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(40), unique=True)  #: what staff and letters call the customer by
    name: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(10), default=Kind.PERSON)
    id_number: Mapped[str] = mapped_column(
        String(60), default="", index=True
    )  #: identity card or business registration
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    segment: Mapped[str] = mapped_column(String(40), default="", index=True)  #: retail, small business, ...
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

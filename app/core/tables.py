"""What tables are made of: the registry, naming, and the three column types that both databases share."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase

from app.core import jsontext

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: Ids are made by core.ids. On SQLite an INTEGER primary key is the row itself.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def aware(moment: datetime) -> datetime:
    """The moment, if it says where on earth it is meant."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment


def utc_text(moment: datetime) -> str:
    """UTC without saying so, always as long: it sorts as it is read."""
    return _in_words(moment if moment.tzinfo is UTC else aware(moment).astimezone(UTC))


@lru_cache(maxsize=1000)
def _in_words(moment: datetime) -> str:
    """A move writes its one moment into most of its rows."""
    return moment.isoformat(" ", "microseconds")[:26]


def as_moment(kept: str | datetime) -> datetime:
    """What a database gives back, in UTC."""
    return datetime.fromisoformat(kept).replace(tzinfo=UTC) if isinstance(kept, str) else kept.astimezone(UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, UTC, to the microsecond. SQLite keeps it as text that sorts."""

    impl = sa.TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        kind = sa.String(26) if dialect.name == "sqlite" else sa.TIMESTAMP(timezone=True)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return utc_text(value) if dialect.name == "sqlite" else aware(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else as_moment(value)


class JsonText(sa.types.TypeDecorator[Any]):
    """A JSON value as canonical text. NULL is None; a JSON null cannot be told from it and need not be."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else jsontext.dumps(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else jsontext.loads(value)


class Base(DeclarativeBase):
    """Every table's parent."""

    metadata = sa.MetaData(naming_convention=NAMING)


# A connection's prepared statements keep plans and costs of the tables as they were: hourly it is a new one.
db = SQLAlchemy(model_class=Base, engine_options={"pool_pre_ping": False, "pool_recycle": 3600})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

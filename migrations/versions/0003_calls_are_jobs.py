"""A service call on its way is the job that makes it: its arguments say what is asked, its key who waits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.tables import Id, JsonText, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_job = sa.table(
    "job", sa.column("id", Id), sa.column("name"), sa.column("key"), sa.column("args", JsonText), sa.column("most"),
    sa.column("run_at", UtcDateTime), sa.column("state"),
)  # fmt: skip
_request = sa.table(
    "service_request", sa.column("instance_id", Id), sa.column("ref"), sa.column("element"), sa.column("type"),
    sa.column("inputs", JsonText), sa.column("headers", JsonText), sa.column("retries"),
    sa.column("created_at", UtcDateTime),
)  # fmt: skip
_CALL = sa.and_(_job.c.name == "service.call", _job.c.state != "failed")


def upgrade() -> None:
    _collate("C")
    bind = op.get_bind()
    asked = {(row.instance_id, row.ref): row for row in bind.execute(sa.select(_request))}
    for job in bind.execute(sa.select(_job).where(_CALL)).all():
        row = asked.get((job.args["instance"], job.args["ref"]))
        if row is None:  # its answer is not wanted any more
            bind.execute(sa.delete(_job).where(_job.c.id == job.id))
        else:
            values = {"args": _args(row), "key": f"service:{row.instance_id}:{row.ref}"}
            bind.execute(sa.update(_job).where(_job.c.id == job.id).values(values))
    op.drop_table("service_request")


def _args(row: Any) -> dict[str, Any]:
    asked = {"element": row.element, "type": row.type, "inputs": row.inputs or {}, "headers": row.headers or {}}
    return {"instance": row.instance_id, "ref": row.ref} | asked


def downgrade() -> None:
    op.create_table(
        "service_request",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("inputs", JsonText(), nullable=True),
        sa.Column("headers", JsonText(), nullable=True),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_service_request_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "ref", name=op.f("pk_service_request")),
    )
    bind = op.get_bind()
    for job in bind.execute(sa.select(_job).where(_CALL)).all():
        asked = {name: job.args[name] for name in ("ref", "element", "type", "inputs", "headers")}
        asked |= {"instance_id": job.args["instance"], "retries": job.most, "created_at": job.run_at}
        bind.execute(sa.insert(_request).values(asked))
        args = {"instance": job.args["instance"], "ref": job.args["ref"]}
        bind.execute(sa.update(_job).where(_job.c.id == job.id).values(args=args, key=None))
    _collate("default")


def _collate(name: str) -> None:
    """Keys are sorted by their letters; on SQLite they always are."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE job ALTER COLUMN key TYPE varchar(200) COLLATE "{name}"')

"""Orders to take many cases to another version of their diagram, with a result for each case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.tables import JsonText, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "migration_order",
        sa.Column("id", _id(), autoincrement=False, nullable=False),
        sa.Column("definition_id", _id(), nullable=False),
        sa.Column("given", JsonText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("ordered_by_id", _id(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state in ('running', 'done', 'undoing', 'undone')", name=op.f("ck_migration_order_state")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_migration_order_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_order")),
    )
    with op.batch_alter_table("migration_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_migration_order_definition_id"), ["definition_id"], unique=False)
    op.create_table(
        "migration_result",
        sa.Column("order_id", _id(), nullable=False),
        sa.Column("instance_id", _id(), nullable=False),
        sa.Column("was_id", _id(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("obstacles", JsonText(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'migrated', 'refused', 'undone', 'kept')", name=op.f("ck_migration_result_state")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["migration_order.id"], name=op.f("fk_migration_result_order_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_migration_result_instance_id")),
        sa.ForeignKeyConstraint(["was_id"], ["process_definition.id"], name=op.f("fk_migration_result_was_id")),
        sa.PrimaryKeyConstraint("order_id", "instance_id", name=op.f("pk_migration_result")),
    )
    with op.batch_alter_table("migration_result", schema=None) as batch_op:
        batch_op.create_index("ix_migration_result_state", ["order_id", "state", "instance_id"], unique=False)


def downgrade() -> None:
    op.drop_table("migration_result")
    op.drop_table("migration_order")

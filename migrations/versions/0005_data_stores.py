"""Data stores: what all cases share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.tables import Id, JsonText, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_store",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", JsonText(), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("instance_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_data_store_instance_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_data_store")),
    )


def downgrade() -> None:
    op.drop_table("data_store")

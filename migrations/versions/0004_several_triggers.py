"""A start event may have several triggers, each a row of its own; a case may wait for a condition."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PRIMARY = "pk_definition_start"


def upgrade() -> None:
    with op.batch_alter_table("definition_start") as table:
        table.add_column(sa.Column("position", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("definition_start") as table:
        table.alter_column("position", server_default=None)
        table.alter_column("kind", existing_type=sa.String(10), type_=sa.String(12))
        table.drop_constraint(_PRIMARY, type_="primary")
        table.create_primary_key(_PRIMARY, ["definition_id", "element", "position"])
    with op.batch_alter_table("subscription") as table:
        table.alter_column("kind", existing_type=sa.String(8), type_=sa.String(12))


def downgrade() -> None:
    op.execute("DELETE FROM subscription WHERE kind = 'conditional'")
    with op.batch_alter_table("subscription") as table:
        table.alter_column("kind", existing_type=sa.String(12), type_=sa.String(8))
    op.execute("DELETE FROM definition_start WHERE position > 0 OR kind = 'conditional'")
    with op.batch_alter_table("definition_start") as table:
        table.drop_constraint(_PRIMARY, type_="primary")
        table.create_primary_key(_PRIMARY, ["definition_id", "element"])
        table.alter_column("kind", existing_type=sa.String(12), type_=sa.String(10))
        table.drop_column("position")

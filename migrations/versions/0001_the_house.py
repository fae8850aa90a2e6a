"""The tables of the house: people, definitions, cases, tasks, the record, jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.tables import JsonText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", JsonText(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("theme", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "calendar",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", JsonText(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("hours", JsonText(), nullable=False),
        sa.Column("official_days", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_code")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("id_number", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("segment", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('person', 'company')", name=op.f("ck_customer_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_number")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_id_number"), ["id_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_segment"), ["segment"], unique=False)

    op.create_table(
        "definition_file",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_definition_file")),
    )
    op.create_table(
        "field_change",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("old_digest", sa.String(length=16), nullable=True),
        sa.Column("new_digest", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("instance_id", "seq", "field", name=op.f("pk_field_change")),
    )
    op.create_table(
        "folder_file",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_folder_file")),
    )
    op.create_table(
        "history_stream",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_stream")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("args", JsonText(), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("runner", sa.String(length=40), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_due", ["state", "run_at"], unique=False)

    op.create_table(
        "login_attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempts")),
    )
    with op.batch_alter_table("login_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_attempts_last_at"), ["last_at"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sender_id", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=True),
        sa.Column("payload", JsonText(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("sender_id", name=op.f("uq_message_sender_id")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_waiting", ["state", "name", "correlation"], unique=False)

    op.create_table(
        "move_key",
        sa.Column(
            "actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("move", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("result", JsonText(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "move", "key", name=op.f("pk_move_key")),
    )
    with op.batch_alter_table("move_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_move_key_at"), ["at"], unique=False)

    op.create_table(
        "reference_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "step",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("definition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("paused_customer_seconds", sa.Integer(), nullable=False),
        sa.Column("paused_system_seconds", sa.Integer(), nullable=False),
        sa.Column("from_ref", sa.Text(), nullable=False),
        sa.Column("from_element", sa.Text(), nullable=True),
        sa.Column("from_department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("handed_over_at", UtcDateTime(), nullable=True),
        sa.Column("is_handoff", sa.Boolean(), nullable=False),
        sa.Column("wait_seconds", sa.Integer(), nullable=True),
        sa.Column("work_seconds", sa.Integer(), nullable=True),
        sa.Column("cycle_seconds", sa.Integer(), nullable=True),
        sa.Column("wait_working_seconds", sa.Integer(), nullable=True),
        sa.Column("work_working_seconds", sa.Integer(), nullable=True),
        sa.Column("cycle_working_seconds", sa.Integer(), nullable=True),
        sa.Column("calendar_version", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("instance_id", "ref", name=op.f("pk_step")),
        info={
            "insert_sql": {
                "attempt": "(SELECT coalesce(max(attempt), 0) FROM step WHERE instance_id = {} AND element = {}) + {}"
            }
        },
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index("ix_step_attempt", ["instance_id", "element", "attempt"], unique=False)

    op.create_table(
        "account_role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('analyst', 'auditor', 'admin')", name=op.f("ck_account_role_role")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_account_role_dates")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
    )
    with op.batch_alter_table("account_role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_role_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "uq_account_role_open",
            ["account_id", "role"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_token_secret_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_account_id"), ["account_id"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("hours", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('work', 'rest', 'make_up')", name=op.f("ck_calendar_day_kind")),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_day_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "day_on", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "department",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", JsonText(), nullable=False),
        sa.Column("short", sa.String(length=40), nullable=False),
        sa.Column("shorts", JsonText(), nullable=False),
        sa.Column("seal", sa.String(length=4), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_department_calendar_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("code", name=op.f("uq_department_code")),
    )
    op.create_table(
        "history_event",
        sa.Column("stream_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("acting_for_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("facts", JsonText(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["history_stream.id"], name=op.f("fk_history_event_stream_id")),
        sa.PrimaryKeyConstraint("stream_id", "seq", name=op.f("pk_history_event")),
    )
    with op.batch_alter_table("history_event", schema=None) as batch_op:
        batch_op.create_index("ix_history_event_task_id", ["task_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_session_account_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_session_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "process_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names", JsonText(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("diagram_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("deployed_at", UtcDateTime(), nullable=False),
        sa.Column("deployed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("startable", sa.Boolean(), nullable=False),
        sa.Column("start_form", sa.Text(), nullable=False),
        sa.CheckConstraint("state in ('draft', 'deployed', 'retired')", name=op.f("ck_process_definition_state")),
        sa.ForeignKeyConstraint(
            ["diagram_hash"], ["definition_file.hash"], name=op.f("fk_process_definition_diagram_hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_definition")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_process_definition_key_version")),
    )
    op.create_table(
        "definition_part",
        sa.Column("definition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("part_id", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_definition_part_definition_id")
        ),
        sa.ForeignKeyConstraint(["hash"], ["definition_file.hash"], name=op.f("fk_definition_part_hash")),
        sa.PrimaryKeyConstraint("definition_id", "kind", "part_id", name=op.f("pk_definition_part")),
    )
    op.create_table(
        "definition_start",
        sa.Column("definition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_definition_start_definition_id")
        ),
        sa.PrimaryKeyConstraint("definition_id", "element", name=op.f("pk_definition_start")),
    )
    op.create_table(
        "history_payload",
        sa.Column("stream_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id", "seq"],
            ["history_event.stream_id", "history_event.seq"],
            name=op.f("fk_history_payload_stream_id_seq"),
        ),
        sa.PrimaryKeyConstraint("stream_id", "seq", name=op.f("pk_history_payload")),
    )
    op.create_table(
        "lane",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process_key", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("names", JsonText(), nullable=False),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_lane_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane")),
        sa.UniqueConstraint("process_key", "path", name=op.f("uq_lane_process_key_path")),
    )
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lane_department_id"), ["department_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("role IN ('staff', 'head')", name=op.f("ck_membership_role")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_membership_dates")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_membership_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_department_id"), ["department_id"], unique=False)
        batch_op.create_index(
            "uq_membership_open",
            ["account_id", "department_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "process_instance",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("root_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("definition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("segment", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("mark", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_element", sa.Text(), nullable=True),
        sa.Column("end_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('running', 'suspended', 'completed', 'terminated', 'cancelled', 'error')",
            name=op.f("ck_process_instance_state"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_process_instance_customer_id")),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["process_definition.id"], name=op.f("fk_process_instance_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_instance")),
        sa.UniqueConstraint("reference", name=op.f("uq_process_instance_reference")),
    )
    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_process_instance_business_key"), ["business_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_process_instance_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_process_instance_process_key"), ["process_key"], unique=False)
        batch_op.create_index("ix_process_instance_state_started", ["state", "started_at"], unique=False)

    op.create_table(
        "duty",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("group", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_duty_account_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_duty_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "group", "account_id", name=op.f("pk_duty")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("resolution", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_incident_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index("ix_incident_state", ["state", "created_at"], unique=False)

    op.create_table(
        "instance_state",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("piece", sa.String(length=80), nullable=False),
        sa.Column("parent_piece", sa.String(length=80), nullable=True),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_instance_state_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "piece", name=op.f("pk_instance_state")),
    )
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
    op.create_table(
        "subscription",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_subscription_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "ref", name=op.f("pk_subscription")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_name", ["kind", "name", "correlation"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("definition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names", JsonText(), nullable=True),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("holder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("assignee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("duty_group", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("sort_at", UtcDateTime(), nullable=False),
        sa.Column("follow_up_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_ref", sa.Text(), nullable=False),
        sa.Column("from_element", sa.Text(), nullable=True),
        sa.Column("from_department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("handed_over_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state != 'claimed' or holder_id is not null", name=op.f("ck_task_holder")),
        sa.CheckConstraint("state in ('open', 'claimed', 'completed', 'cancelled')", name=op.f("ck_task_state")),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name=op.f("fk_task_assignee_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["process_definition.id"], name=op.f("fk_task_definition_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["account.id"], name=op.f("fk_task_ended_by_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["account.id"], name=op.f("fk_task_holder_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_task_instance_id")),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_task_lane_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("instance_id", "ref", name=op.f("uq_task_instance_id_ref")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_assignee",
            ["assignee_id", "sort_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'open' and assignee_id is not null"),
            sqlite_where=sa.text("state = 'open' and assignee_id is not null"),
        )
        batch_op.create_index(
            "ix_task_holder",
            ["holder_id", "sort_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'claimed'"),
            sqlite_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index(
            "ix_task_lane_due",
            ["lane_id", "sort_at", "id"],
            unique=False,
            postgresql_where=sa.text("state in ('open', 'claimed')"),
            sqlite_where=sa.text("state in ('open', 'claimed')"),
        )

    op.create_table(
        "timer",
        sa.Column("instance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_timer_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "ref", name=op.f("pk_timer")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timer_due_at"), ["due_at"], unique=False)

    op.create_table(
        "task_candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lane_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_candidate_account_id")),
        sa.ForeignKeyConstraint(["lane_id"], ["lane.id"], name=op.f("fk_task_candidate_lane_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_candidate_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_candidate")),
    )
    with op.batch_alter_table("task_candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_candidate_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_candidate_lane_id"), ["lane_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_candidate_task_id"), ["task_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("task_candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_candidate_task_id"))
        batch_op.drop_index(batch_op.f("ix_task_candidate_lane_id"))
        batch_op.drop_index(batch_op.f("ix_task_candidate_account_id"))

    op.drop_table("task_candidate")
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timer_due_at"))

    op.drop_table("timer")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_task_lane_due",
            postgresql_where=sa.text("state in ('open', 'claimed')"),
            sqlite_where=sa.text("state in ('open', 'claimed')"),
        )
        batch_op.drop_index(
            "ix_task_holder", postgresql_where=sa.text("state = 'claimed'"), sqlite_where=sa.text("state = 'claimed'")
        )
        batch_op.drop_index(
            "ix_task_assignee",
            postgresql_where=sa.text("state = 'open' and assignee_id is not null"),
            sqlite_where=sa.text("state = 'open' and assignee_id is not null"),
        )

    op.drop_table("task")
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_index("ix_subscription_name")

    op.drop_table("subscription")
    op.drop_table("service_request")
    op.drop_table("instance_state")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_state")
        batch_op.drop_index(batch_op.f("ix_incident_instance_id"))

    op.drop_table("incident")
    op.drop_table("duty")
    with op.batch_alter_table("process_instance", schema=None) as batch_op:
        batch_op.drop_index("ix_process_instance_state_started")
        batch_op.drop_index(batch_op.f("ix_process_instance_process_key"))
        batch_op.drop_index(batch_op.f("ix_process_instance_customer_id"))
        batch_op.drop_index(batch_op.f("ix_process_instance_business_key"))

    op.drop_table("process_instance")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_membership_open", sqlite_where=sa.text("ends_on IS NULL"), postgresql_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_membership_department_id"))
        batch_op.drop_index(batch_op.f("ix_membership_account_id"))

    op.drop_table("membership")
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lane_department_id"))

    op.drop_table("lane")
    op.drop_table("history_payload")
    op.drop_table("definition_start")
    op.drop_table("definition_part")
    op.drop_table("process_definition")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_expires_at"))
        batch_op.drop_index(batch_op.f("ix_login_session_account_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("history_event", schema=None) as batch_op:
        batch_op.drop_index("ix_history_event_task_id")

    op.drop_table("history_event")
    op.drop_table("department")
    op.drop_table("calendar_day")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_account_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("account_role", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_account_role_open", sqlite_where=sa.text("ends_on IS NULL"), postgresql_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_account_role_account_id"))

    op.drop_table("account_role")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index("ix_step_attempt")

    op.drop_table("step")
    op.drop_table("reference_counter")
    with op.batch_alter_table("move_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_move_key_at"))

    op.drop_table("move_key")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_waiting")

    op.drop_table("message")
    with op.batch_alter_table("login_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_attempts_last_at"))

    op.drop_table("login_attempts")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_due")

    op.drop_table("job")
    op.drop_table("history_stream")
    op.drop_table("folder_file")
    op.drop_table("field_change")
    op.drop_table("definition_file")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_segment"))
        batch_op.drop_index(batch_op.f("ix_customer_name"))
        batch_op.drop_index(batch_op.f("ix_customer_id_number"))

    op.drop_table("customer")
    op.drop_table("calendar")
    op.drop_table("account")

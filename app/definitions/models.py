"""Deployed versions of diagrams: immutable, found by key and number, told apart by content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Id, JsonText, Model, UtcDateTime


class ProcessDefinition(Model):
    """One version of one process. Never edited; only its state changes."""

    __tablename__ = "process_definition"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(sa.Text)  #: BPMN process id
    version: Mapped[int]  #: 1, 2, ... within the key; a draft has the number it will get
    name: Mapped[str] = mapped_column(sa.Text)
    names: Mapped[Any] = mapped_column(JsonText, nullable=True)
    hash: Mapped[str] = mapped_column(sa.String(64))  #: SHA-256 over the diagram and the forms and decisions it uses
    diagram_hash: Mapped[str] = mapped_column(sa.String(64), sa.ForeignKey("definition_file.hash"))
    state: Mapped[str] = mapped_column(sa.String(10))  #: draft, deployed, retired
    file_name: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[str] = mapped_column(sa.String(10))  #: folder, api, cli, browser
    deployed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deployed_by_id: Mapped[int | None] = mapped_column(Id)
    startable: Mapped[bool]  #: has a plain start event, so that a person can start it
    start_form: Mapped[str] = mapped_column(sa.Text)  #: form of the plain start event, "" without

    __table_args__ = (
        sa.UniqueConstraint("key", "version"),
        sa.CheckConstraint("state in ('draft', 'deployed', 'retired')", name="state"),
    )


class DefinitionFile(Model):
    """A diagram, form or decision file by content; several versions may share it."""

    __tablename__ = "definition_file"

    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)


class DefinitionPart(Model):
    """Which form or decision file a version uses under which id."""

    __tablename__ = "definition_part"

    definition_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(10), primary_key=True)  #: form or decision
    part_id: Mapped[str] = mapped_column(sa.String(200), primary_key=True)  #: formId or decision id
    hash: Mapped[str] = mapped_column(sa.String(64), sa.ForeignKey("definition_file.hash"))


class DefinitionStart(Model):
    """A message, signal or timer that starts a new instance of the newest deployed version."""

    __tablename__ = "definition_start"

    definition_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("process_definition.id"), primary_key=True)
    element: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  #: among the triggers of the element
    kind: Mapped[str] = mapped_column(sa.String(12))  #: message, signal, timer or conditional
    name: Mapped[str] = mapped_column(sa.Text)  #: name of the message or signal


class FolderFile(Model):
    """What `processes/` last deployed: a file is deployed again only when it itself differs from this."""

    __tablename__ = "folder_file"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    hash: Mapped[str] = mapped_column(sa.String(64))  #: over the file and the forms and decisions it uses
    at: Mapped[datetime] = mapped_column(UtcDateTime)

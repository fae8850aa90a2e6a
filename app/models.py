"""Every table, imported so that migrations and tests know them all."""

from app.core import queue
from app.customers import models as customers
from app.definitions import models as definitions
from app.history import models as history
from app.instances import models as instances
from app.people import models as people
from app.tasks import models as tasks

__all__ = ["customers", "definitions", "history", "instances", "people", "queue", "tasks"]

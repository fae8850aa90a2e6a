"""SpiffWorkflow's four classes that we build on, with the types they lack. Nothing else imports SpiffWorkflow.

Its life cycle is used as it is: `Task.run` -> `TaskSpec._run` -> `_run_hook` -> `Task.complete` ->
`TaskSpec._on_complete` -> `_on_complete_hook`, then `_update` and `_ready` of the children.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class SpiffTask:
        """A token at a node, as SpiffWorkflow sees it."""

        id: Any
        _state: int
        _children: list[Any]

        def __init__(
            self, workflow: Any, task_spec: Any, parent: Any = None, state: int = 1, id: Any = None
        ) -> None: ...
        @property
        def state(self) -> int: ...
        def _set_state(self, value: int) -> None: ...
        def _ready(self) -> None: ...
        def run(self) -> bool | None: ...
        def cancel(self) -> None: ...
        def complete(self) -> None: ...
        def error(self) -> None: ...

    class TaskSpec:
        """A node, as SpiffWorkflow sees it."""

        name: str

        def __init__(self, wf_spec: Any, name: str, **kwargs: Any) -> None: ...
        def _update(self, my_task: Any) -> None: ...

    class WorkflowSpec:
        """A graph of nodes, as SpiffWorkflow sees it."""

        name: str
        task_specs: dict[str, Any]

        def __init__(self, name: str = "", filename: str | None = None, addstart: bool = False) -> None: ...

    class Workflow:
        """One run of a graph, as SpiffWorkflow sees it."""

        data: dict[str, Any]
        tasks: dict[Any, Any]
        completed: bool
        last_task: Any

        def __init__(self, workflow_spec: Any, deserializing: bool = False) -> None: ...

else:
    from SpiffWorkflow.specs import WorkflowSpec
    from SpiffWorkflow.specs.base import TaskSpec
    from SpiffWorkflow.task import Task as SpiffTask
    from SpiffWorkflow.workflow import Workflow

#: SpiffWorkflow.util.task.TaskState, as far as our steps use it.
FUTURE, WAITING, READY, STARTED, COMPLETED, ERROR, CANCELLED = 4, 8, 16, 32, 64, 128, 256

__all__ = [
    "CANCELLED",
    "COMPLETED",
    "ERROR",
    "FUTURE",
    "READY",
    "STARTED",
    "WAITING",
    "SpiffTask",
    "TaskSpec",
    "Workflow",
    "WorkflowSpec",
]

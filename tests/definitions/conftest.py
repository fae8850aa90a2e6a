"""The drawings of the cases' tests."""

from tests.instances.conftest import deployed, relay

__all__ = ["deployed", "relay"]

"""What stands in for the outside world in the demo: registry, watch list, credit bureau, core banking, letters, CRM.

Registered only in a database that began as the demo. Some customers are special, so that every way can be tried:
an identity number that ends in 0 is not in the registry, one that ends in 9 finds the registry down, a name with
“名单” or “listed” is on a watch list, a core customer number that ends in 00 has an account already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from app.jobs.service_calls import BusinessError, Call, Connector, connectors


def register() -> None:
    """From now on service tasks of the shipped processes are answered."""
    connectors.update(_SERVICES)


def _verify(call: Call) -> Mapping[str, Any]:
    number = _text(call, "idNumber")
    if number.endswith("9"):
        raise BusinessError("The identity registry does not answer.", code="REGISTRY_UNAVAILABLE")
    return {"identityMatched": not number.endswith("0")}


def _screen(call: Call) -> Mapping[str, Any]:
    name = _text(call, "customerName").lower()
    return {"screeningHits": 1 if "名单" in name or "listed" in name else 0}


def _open(call: Call) -> Mapping[str, Any]:
    if _text(call, "coreCustomerNumber").endswith("00"):
        raise BusinessError("This customer has an account already.", code="ACCOUNT_EXISTS")
    return {"accountNumber": f"621700{_digits(call, 13)}"}


def _credit(call: Call) -> Mapping[str, Any]:
    number = _text(call, "idNumber")
    if number.endswith("9"):
        raise BusinessError("The credit bureau does not answer.", code="BUREAU_UNAVAILABLE")
    return {"creditScore": 480 if number.endswith("0") else 640 + int(_digits(call, 2))}


def _nothing(call: Call) -> Mapping[str, Any]:
    """Letters, notes and entries elsewhere: sent, and nothing comes back."""
    return {}


def _text(call: Call, name: str) -> str:
    return str(call.inputs.get(name) or "")


def _digits(call: Call, count: int) -> str:
    """The same for the same customer."""
    number = int(hashlib.sha256(_text(call, "idNumber").encode()).hexdigest(), 16)
    return str(number % 10**count).zfill(count)


_SERVICES: Mapping[str, Connector] = {
    "identity.verify": _verify,
    "watchlist.screen": _screen,
    "account.open": _open,
    "credit.query": _credit,
    "notify.customer": _nothing,
    "notify.head": _nothing,
    "crm.register": _nothing,
    "survey.send": _nothing,
}

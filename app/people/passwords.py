"""Passwords: hashed with argon2id, checked in the same time whether the login exists or not."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from app.people.errors import WeakPassword

SHORTEST, LONGEST = 12, 200
_TRIED_FIRST = {"123456789012", "password1234", "passwordpassword", "qwertyuiop12", "1234567890qw", "admin1234567"}
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another when read aloud

_hasher = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


def use_cheap_hashes() -> None:
    """For tests only: a login then takes microseconds instead of 50 ms and 64 MiB."""
    global _hasher
    _hasher = PasswordHasher.from_parameters(profiles.CHEAPEST)
    _nobody.cache_clear()


def hash_password(password: str, *, login: str) -> str:
    """Raises WeakPassword."""
    folded = password.strip().lower()
    if not SHORTEST <= len(password) <= LONGEST or folded == login or folded in _TRIED_FIRST or len(set(folded)) < 4:
        raise WeakPassword(fields={"password": ["people.weak_password"]}, shortest=SHORTEST, longest=LONGEST)
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password. An empty hash matches nothing and takes as long."""
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(password_hash or _nobody(), password) and bool(password_hash)
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


def renewed(password: str) -> str:
    """A fresh hash of a password that is in use already, whatever the rules for new ones have become."""
    return _hasher.hash(password)


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's and should be made again at the next login."""
    return _hasher.check_needs_rehash(password_hash)


def one_time_password() -> str:
    """Sixteen letters in groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe())

"""How passwords are kept."""

from __future__ import annotations

from argon2 import PasswordHasher

from app.people import passwords


def test_a_password_is_kept_as_argon2id_with_its_own_salt() -> None:
    first, second = (passwords.hash_password("rain on the roof", login="lin") for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second
    assert passwords.matches(first, "rain on the roof")
    assert not passwords.matches(first, "rain on the roof ")


def test_an_unreadable_hash_matches_nothing() -> None:
    assert not passwords.matches("$2b$12$something-else", "rain on the roof")


def test_a_hash_of_another_strength_is_made_again_at_the_next_login() -> None:
    other = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    assert passwords.is_outdated(other.hash("rain on the roof"))
    assert not passwords.is_outdated(passwords.renewed("rain on the roof"))


def test_a_one_time_password_is_strong_enough_to_be_set() -> None:
    first, second = passwords.one_time_password(), passwords.one_time_password()
    assert first != second
    assert passwords.hash_password(first, login="lin")

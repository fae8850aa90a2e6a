"""What names, logins and codes may look like. One place, so that a form, a CSV and a command agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from app.people.errors import BadCode, BadLogin, Missing, TooLong

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def fold_login(text: str) -> str:
    """The one way in which a login is written: half-width, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def login_field(text: str) -> str:
    """Raises BadLogin (login)."""
    login = fold_login(text)
    if not _LOGIN.fullmatch(login):
        raise BadLogin(fields={"login": ["people.bad_login"]}, login=text)
    return login


def code_field(text: str) -> str:
    """Raises BadCode (code)."""
    code = text.strip()
    if not _CODE.fullmatch(code):
        raise BadCode(fields={"code": ["people.bad_code"]}, code=text)
    return code


def text_field(name: str, text: str, limit: int, *, required: bool = False) -> str:
    """Raises Missing or TooLong (field, limit). Control characters become blanks."""
    clean = "".join(" " if unicodedata.category(each) in {"Cc", "Cs"} else each for each in text).strip()
    if required and not clean:
        raise Missing(fields={name: ["people.missing"]}, field=name)
    if len(clean) > limit:
        raise TooLong(fields={name: ["people.too_long"]}, field=name, limit=limit)
    return clean


def names_field(names: Mapping[str, str] | None) -> dict[str, str]:
    """Names by language, empty ones left out."""
    cleaned = {lang: text_field(f"name_{lang}", name, 200) for lang, name in (names or {}).items()}
    return {lang: name for lang, name in cleaned.items() if name}

"""`laneway admin`: the first administrator, a forgotten password, a token for a machine.

These need the database itself, not a login: who can run them owns the installation already.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from datetime import timedelta
from typing import Any

from app.cli.installation import opened, refuse
from app.core.database import reading
from app.core.errors import LanewayError
from app.people import accounts, logins, moves
from app.people.actor import SYSTEM
from app.people.passwords import one_time_password

#: Days that a token may live.
LONGEST = 3650


class NoPassword(LanewayError):
    """No password on standard input; give one, or use --generate."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("admin", help="create an administrator, set a password, make an API token")
    parser.set_defaults(run=run)
    does = parser.add_subparsers(dest="does", required=True, metavar="WHAT")

    create = does.add_parser("create", help="a new administrator")
    create.add_argument("--name", help="the person's name (default: the login)")
    create.set_defaults(act=_create)
    password = does.add_parser(
        "password", help="another password for somebody, who chooses their own at the next login"
    )
    password.set_defaults(act=_password)
    token = does.add_parser("token", help="a bearer token with which a machine acts for somebody")
    token.add_argument("--name", default="API", help="what the token is for")
    token.add_argument("--days", type=_days, default=90, help=f"how long it lives, at most {LONGEST} (90)")
    token.set_defaults(act=_token)
    for each in (create, password, token):
        each.add_argument("login", type=_login)
        each.add_argument("--json", action="store_true", help="one JSON document on stdout")
    for each in (create, password):
        each.add_argument("--generate", action="store_true", help="make a one-time password and print it")


def run(args: argparse.Namespace) -> int:
    with opened():
        try:
            answer = args.act(args)
        except LanewayError as error:
            return refuse(f"admin {args.does}", error, as_json=args.json)
    sys.stdout.write(json.dumps(answer) if args.json else "\n".join(f"{key}: {value}" for key, value in answer.items()))
    sys.stdout.write("\n")
    return 0


def _login(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("this is no text") from None
    return text


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= LONGEST:
        raise argparse.ArgumentTypeError(f"a token lives 1 to {LONGEST} days")
    return days


def _create(args: argparse.Namespace) -> dict[str, Any]:
    password = _given_password(args)
    moves.create_admin(args.login, args.name or args.login, password, must_change_password=args.generate)
    return _shown(args, password)


def _password(args: argparse.Namespace) -> dict[str, Any]:
    password = _given_password(args)
    moves.set_password(args.login, password, by=SYSTEM)
    return _shown(args, password)


def _token(args: argparse.Namespace) -> dict[str, Any]:
    with reading() as session:
        account = accounts.get(session, args.login)
    lasting = timedelta(days=args.days)
    secret = logins.create_token(args.name, by=SYSTEM, account_id=account.id, lasting=lasting)
    return {"login": account.login, "token": secret}


def _shown(args: argparse.Namespace, password: str) -> dict[str, Any]:
    """A password is only ever printed when nobody has seen it yet."""
    return {"login": args.login} | ({"password": password} if args.generate else {})


def _given_password(args: argparse.Namespace) -> str:
    """Asked for on a terminal, else the first line of standard input. Raises NoPassword."""
    if args.generate:
        return one_time_password()
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password for {args.login}: ")
        if getpass.getpass("Once more: ") != password:
            raise NoPassword("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise NoPassword
    return password

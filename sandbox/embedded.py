"""What `./run` embeds: each part that no setting replaces, on loopback, with its own port and password.

Ports and secrets are chosen once and kept in PORTAL_DATA, so that links of yesterday's mails still work and the
sessions of people live on. A part that is embedded is reached by what only this portal knows: its Redis asks for a
password and its bank for a key, so two portals never meet. The mailbox's pages have a port beside the portal's.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
DATABASE = "portal.sqlite"
CERTIFICATE = "signing.p12"  # made by sandbox/prepare.py
_MAILBOX_BESIDE = 25  # 8025 beside 8000

_REDIS_CONF = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
daemonize no
loglevel warning
logfile {folder}/redis.log
"""  # nothing is kept: the queue is a bell, and what is owed is in the database


# What a password's hash took (19 MB) goes back to the system at once; and threads of Python, of which one runs at a
# time, need no heap of their own.
MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1048576"}


class CannotStart(Exception):
    """Its message says what to do."""


@dataclass(frozen=True)
class Part:
    """A process to start."""

    name: str
    command: list[str]


@dataclass(frozen=True)
class Composition:
    """The settings of every process, the parts that they need, and where a person reads the mails (if embedded), with
    a word about it when that is another place than before. `ledger`: the bank's, where its database is embedded too."""

    env: dict[str, str]
    parts: list[Part]
    mailbox_url: str | None
    mailbox_moved: str = ""
    ledger: Path | None = None


def compose(given: Mapping[str, str], data: Path, *, starting: bool = True) -> Composition:
    """Complete the settings `given`. Production gets nothing: the portal itself names what is missing there.

    Who is not `starting` a portal takes its ports as they are: the parts of one that runs listen there.
    """
    env = MEMORY | {name: value for name, value in given.items() if value} | {"PORTAL_DATA": str(data)}
    if env.get("PORTAL_ENV") == "production":
        return Composition(env, [], None)
    ledger = None
    kept = _Kept(data / "embedded.json", may_change=starting)
    parts = []
    env.setdefault("PORT", "8000")
    env.setdefault("BASE_URL", f"http://localhost:{env['PORT']}")
    env.setdefault("SECRET_KEY", kept.secret("secret_key"))
    env.setdefault("MAIL_DEFAULT_SENDER", "MASSIV Seguros <no-responder@massiv.example>")
    if "SIGNING_CERTIFICATE" not in env:
        env |= {"SIGNING_CERTIFICATE": str(data / CERTIFICATE), "SIGNING_PASSWORD": kept.secret("signing_password")}
    has_own_database = "DATABASE_URL" not in env
    env.setdefault("DATABASE_URL", f"sqlite:///{data / DATABASE}")
    if "REDIS_URL" not in env:
        part, env["REDIS_URL"] = redis(data / "redis", kept.port("redis"), kept.secret("redis_password"))
        parts.append(part)
    if "BANK_URL" not in env:
        port = kept.port("bank")
        env["BANK_URL"] = f"http://{HOST}:{port}"
        env.setdefault("BANK_API_KEY", kept.secret("bank_api_key"))
        books = data / "bank.sqlite"
        ledger = books if has_own_database else None
        parts.append(_module("bank", "--port", port, "--ledger", books))
    mailbox_url, moved = None, ""
    if "MAIL_SERVER" not in env:
        smtp, before = kept.port("smtp"), kept.known("mailbox") or _beside(env["PORT"])
        web = kept.port("mailbox", wish=before)
        moved = "" if web == before else f"port {before} is taken"
        env |= {
            "MAIL_SERVER": HOST,
            "MAIL_PORT": str(smtp),
            "MAIL_USE_TLS": "",
            "MAIL_USE_SSL": "",
            "MAIL_USERNAME": "",
        }
        mailbox_url = f"http://localhost:{web}"
        parts.append(_module("mailbox", "--smtp-port", smtp, "--web-port", web, "--folder", data / "mailbox"))
    kept.save()
    return Composition(env, parts, mailbox_url, moved, ledger)


def _beside(port: str) -> int | None:
    beside = int(port) + _MAILBOX_BESIDE if port.isdecimal() else 0
    return beside if 1024 <= beside <= 65535 else None


def redis(folder: Path, port: int, password: str) -> tuple[Part, str]:
    """A private redis-server and its address. The password stands in a file, since anybody may list commands."""
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "redis.conf"
    _write_private(conf, _REDIS_CONF.format(host=HOST, port=port, password=password, folder=folder))
    return Part("redis", ["redis-server", str(conf)]), f"redis://:{password}@{HOST}:{port}/0"


def free_port(taken: set[int] | None = None) -> int:
    """A port that nothing listens on now."""
    while True:
        with socket.create_server((HOST, 0)) as probe:
            port: int = probe.getsockname()[1]
        if port not in (taken or ()):
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on `port`."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


class _Kept:
    """Choices of the first start, readable by their owner only; where they `may_change`, a port that somebody took is
    chosen anew."""

    def __init__(self, path: Path, *, may_change: bool) -> None:
        self._path, self._may_change = path, may_change
        self._choices: dict[str, str | int] = json.loads(path.read_text()) if path.exists() else {}

    def secret(self, name: str) -> str:
        return str(self._choices.setdefault(name, secrets.token_urlsafe(32)))

    def known(self, name: str) -> int | None:
        """Yesterday's port."""
        port = self._choices.get(f"{name}_port")
        return None if port is None else int(port)

    def port(self, name: str, *, wish: int | None = None) -> int:
        """Yesterday's port, or the first time the one that is wished, when it is still free; else a new one."""
        port = self.known(name)
        if port is None or (self._may_change and not is_free(port)):
            others = {int(taken) for key, taken in self._choices.items() if key.endswith("_port")}
            port = wish if wish and wish not in others and is_free(wish) else free_port(others)
            self._choices[f"{name}_port"] = port
        return port

    def save(self) -> None:
        _write_private(self._path, json.dumps(self._choices, indent=1))


def _write_private(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text:
        return  # a portal that runs may be reading it
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.rename(path)


def _module(name: str, *arguments: object) -> Part:
    return Part(name, [sys.executable, "-m", f"sandbox.{name}", *map(str, arguments)])

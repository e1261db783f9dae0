"""What each setting must be, in the order in which one causes another's trouble: whoever corrects the first lines may
find that the rest was right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from portal.settings import Settings

INVENTED_PHONE = "(01) 500 0000"  # families call it: production must state its own

_SHORTEST_SECRET = 32
_FEWEST_DIFFERENT = 8  # characters of a secret: fewer are a hand on one key
_SHORTEST_SETTLE = timedelta(seconds=30)  # an exchange with the bank takes up to 13
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+")
# Marked, its name has 64 characters at most (RFC 5321): 33 are the mark's.
_BOUNCE_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"[0-9+()*\s.-]+")
_FEWEST_DIGITS = 6
_REDIS = re.compile(r"^unix:|^rediss?://[^/?]+(/[0-9]*)?(\?.*)?$")


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` of settings where the setting `name` is given; otherwise it `must` …"""

    name: str
    must: str
    holds: Callable[[Settings], bool]
    in_production: bool = False


_RULES = (
    Rule("PORTAL_ENV", "be development or production", lambda s: s.env in {"development", "production"}),
    Rule(
        "SECRET_KEY",
        f"be a random value of {_SHORTEST_SECRET} characters or more",
        lambda s: not _is_weak(s.secret_key),
        in_production=True,
    ),
    Rule(
        "SECRET_KEY_FALLBACKS",
        f"be random values of {_SHORTEST_SECRET} characters or more",
        lambda s: not any(map(_is_weak, s.secret_key_fallbacks)),
        in_production=True,
    ),
    Rule(
        "AUDIT_KEY",
        f"be a random value of {_SHORTEST_SECRET} characters or more",
        lambda s: not _is_weak(s.audit_key),
        in_production=True,
    ),
    Rule(
        "AUDIT_KEY_FALLBACKS",
        f"be random values of {_SHORTEST_SECRET} characters or more",
        lambda s: not any(map(_is_weak, s.audit_key_fallbacks)),
        in_production=True,
    ),
    Rule(
        "AUDIT_HEADS_TO",
        "be a mail address (mailto:…), a file (file:///…) or an address (https://…)",
        lambda s: _is_place_of_heads(s.audit_heads_to),
    ),
    Rule(
        "BASE_URL",
        "be an address without a path, such as https://clientes.example.pe",
        lambda s: _is_url(s.base_url, "http", "https") and not urlsplit(s.base_url).path,
    ),
    Rule("BASE_URL", "begin with https://", lambda s: s.is_secure, in_production=True),
    Rule("TRUSTED_PROXIES", "not be negative", lambda s: s.trusted_proxies >= 0),
    Rule(
        "TRUSTED_PROXIES",
        "be 1 or more: a proxy that speaks TLS stands in front (deploy/nginx)",
        lambda s: s.trusted_proxies > 0,
        in_production=True,
    ),
    Rule(
        "DATABASE_URL",
        "be an address of PostgreSQL or SQLite, such as postgresql://user:password@host/name",
        lambda s: _is_url(s.database_url, "postgresql+psycopg", "sqlite"),
    ),
    Rule(
        "DATABASE_URL",
        "begin with postgresql://",
        lambda s: s.database_url.startswith("postgresql+psycopg://"),
        in_production=True,
    ),
    Rule(
        "REDIS_URL",
        "be an address such as redis://:password@host:6379/0",
        lambda s: _is_url(s.redis_url, "redis", "rediss", "unix") and _REDIS.search(s.redis_url) is not None,
    ),
    Rule(
        "STORAGE_URL",
        "be a folder, file:///…, or a bucket, s3://…",
        lambda s: _is_folder(s.storage_url) or _is_url(s.storage_url, "s3"),
    ),
    Rule(
        "SIGNING_CERTIFICATE",
        "be the path of a PKCS#12 file, from the root",
        lambda s: s.signing_certificate.startswith("/"),
    ),
    Rule(
        "TIMESTAMP_URL",
        "be the address of a time-stamp server (RFC 3161), such as https://tsa.example/tsr",
        lambda s: _is_url(s.timestamp_url, "http", "https"),
    ),
    Rule("MIN_FREE_DISK_MB", "not be negative", lambda s: s.min_free_disk >= 0),
    Rule("DRAFT_DAYS", "be from 1 to 90 days", lambda s: timedelta(days=1) <= s.draft_life <= timedelta(days=90)),
    Rule("BANK_URL", "be an address such as https://bank.example", lambda s: _is_url(s.bank_url, "http", "https")),
    Rule(
        "BANK_URL",
        "begin with https:// (plain http is accepted to this machine only)",
        lambda s: urlsplit(s.bank_url).scheme == "https" or is_loopback(s.bank_url),
        in_production=True,
    ),
    Rule("BANK_API_KEY", "hold printable characters only", lambda s: s.bank_api_key.isprintable()),
    Rule(
        "BANK_SETTLE_SECONDS",
        "be 30 or more: a charge may be on its way for longer than a moment",
        lambda s: s.bank_settle >= _SHORTEST_SETTLE,
    ),
    Rule("MAIL_SERVER", "be a host's name or address", lambda s: re.fullmatch(r"[\w.:-]+", s.mail_server) is not None),
    Rule("MAIL_PORT", "be a port", lambda s: 0 < s.mail_port < 65536),
    Rule(
        "MAIL_USE_TLS",
        "not be on beside MAIL_USE_SSL: STARTTLS (587), or TLS at once (465)",
        lambda s: not (s.mail_use_tls and s.mail_use_ssl),
    ),
    Rule(
        "MAIL_USE_TLS",
        "be on, or MAIL_USE_SSL, with MAIL_USERNAME: its password would travel in the open",
        lambda s: not s.mail_username or s.mail_use_tls or s.mail_use_ssl,
        in_production=True,
    ),
    Rule(
        "MAIL_DEFAULT_SENDER",
        "be a mail address, or a name and one: MASSIV <no-responder@example.pe>",
        lambda s: _is_sender(s.mail_default_sender),
    ),
    Rule("MAIL_REPLY_TO", "be a mail address, or a name and one", lambda s: _is_sender(s.mail_reply_to or "")),
    Rule(
        "MAIL_BOUNCE_ADDRESS",
        "be one short address, such as rebotes@example.pe: a mark is added to it",
        lambda s: _BOUNCE_ADDRESS.fullmatch(s.mail_bounce_address or "") is not None,
    ),
    Rule("BOUNCE_MAILBOX", "have MAIL_BOUNCE_ADDRESS beside it", lambda s: bool(s.mail_bounce_address)),
    Rule(
        "BOUNCE_MAILBOX",
        "be imaps://user:password@host/INBOX, percent-encoded (imap:// to this machine only)",
        lambda s: _is_mailbox(s.bounce_mailbox),
    ),
    Rule(
        "SUPPORT_PHONE",
        f"be a telephone number, {_FEWEST_DIGITS} digits or more",
        lambda s: (
            _PHONE.fullmatch(s.support_phone) is not None
            and sum(one.isdigit() for one in s.support_phone) >= _FEWEST_DIGITS
        ),
    ),
    Rule(
        "SUPPORT_PHONE",
        "be your own: this one is invented",
        lambda s: s.support_phone != INVENTED_PHONE,
        in_production=True,
    ),
    Rule("METRICS_PORT", "be a port, or 0 for no metrics", lambda s: 0 <= s.metrics_port < 65536),
    Rule("CLOCK_OFFSET_SECONDS", "not be set in production", lambda s: not s.clock_offset, in_production=True),
    Rule("LOG_LEVEL", f"be one of {', '.join(_LOG_LEVELS)}", lambda s: s.log_level in _LOG_LEVELS),
)
_REQUIRED = (
    "SECRET_KEY",
    "BASE_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "BANK_URL",
    "BANK_API_KEY",
    "MAIL_SERVER",
    "MAIL_DEFAULT_SENDER",
)
_REQUIRED_IN_PRODUCTION = ("TRUSTED_PROXIES", "SIGNING_CERTIFICATE", "SUPPORT_PHONE")
_ORDER = list(dict.fromkeys([rule.name for rule in _RULES]))


def problems(settings: Settings, given: Mapping[str, str], unread: Mapping[str, str]) -> list[str]:
    """One line for each setting that must be another, all at once and in the order of their cause. `unread`: what
    could not even be read, in words by name."""
    strict = settings.env != "development"  # a misspelt production is one
    found = dict(unread)
    for name in (*_REQUIRED, *(_REQUIRED_IN_PRODUCTION if strict else ())):
        if not given.get(name):
            found.setdefault(name, f"{name} is missing")
    for rule in _RULES:
        is_asked = strict or not rule.in_production
        if rule.name not in found and is_asked and _counts(rule, given) and not _holds(rule, settings):
            found[rule.name] = f"{rule.name} must {rule.must}"
    return [found[name] for name in sorted(found, key=lambda name: _ORDER.index(name) if name in _ORDER else -1)]


def doubts(settings: Settings) -> list[str]:
    """What may be meant and seldom is, a line each."""
    path = urlsplit(settings.bank_url).path
    if path:
        return [
            f"BANK_URL has a path, {path}: the bank is asked at {settings.bank_url}/v1/…; its address usually has none"
        ]
    return []


def is_loopback(url: str) -> bool:
    """Whether it is this machine's own address."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _counts(rule: Rule, given: Mapping[str, str]) -> bool:
    """A rule speaks of what was given; one of a mail user's password of what was not, too."""
    return bool(given.get(rule.name)) or rule.name == "MAIL_USE_TLS"


def _holds(rule: Rule, settings: Settings) -> bool:
    try:
        return rule.holds(settings)
    except ValueError:
        return False  # what is no address at all can't be taken apart


def _is_weak(secret: str) -> bool:
    return len(secret) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_DIFFERENT


def _is_url(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        _port = parts.port  # raises for one that is none
    except ValueError:
        return False
    has_place = (
        parts.hostname or parts.query or (parts.scheme in {"sqlite", "unix", "postgresql+psycopg"} and parts.path)
    )
    return parts.scheme in schemes and bool(has_place) and value.isprintable() and " " not in value


def _is_folder(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")


def _is_mailbox(value: str) -> bool:
    parts = urlsplit(value)
    is_safe = parts.scheme == "imaps" or is_loopback(value)
    return _is_url(value, "imaps", "imap") and is_safe and bool(parts.hostname and parts.username and parts.password)


def _is_place_of_heads(value: str) -> bool:
    parts = urlsplit(value)
    if parts.scheme == "mailto":
        return _ADDRESS.fullmatch(parts.path) is not None  # it is written into a header as it stands
    if parts.scheme == "file":
        return not parts.netloc and parts.path.startswith("/")
    return _is_url(value, "https") or (_is_url(value, "http") and is_loopback(value))


def _is_sender(value: str) -> bool:
    return value.isprintable() and _ADDRESS.fullmatch(parseaddr(value)[1]) is not None

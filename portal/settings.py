"""Every setting of the portal, read once from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from flask import Flask, current_app

_SHORTEST_SECRET = 32
_SHORTEST_SETTLE = timedelta(seconds=30)  # an exchange with the bank takes up to 13
_FEWEST_DIFFERENT = 8  # characters of a secret: fewer are a hand on one key


DATABASE_CLIENT = "portal"  # how the application's connections call themselves to PostgreSQL

_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_INVENTED_PHONE = "(01) 500 0000"  # families call it: production must state its own


class UnsafeSettings(SystemExit):
    """The process must not start, and ends with these words alone: each setting and what it needs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings given replace the embedded part of the same name; see the README's table. `min_free_disk` in bytes;
    `metrics_port` 0 for none."""

    env: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    base_url: str
    data_folder: Path
    database_url: str
    redis_url: str
    bank_url: str
    bank_api_key: str
    bank_settle: timedelta
    mail_server: str
    mail_port: int
    mail_use_tls: bool
    mail_use_ssl: bool
    mail_username: str | None
    mail_password: str | None
    mail_default_sender: str
    mail_reply_to: str | None
    support_phone: str
    storage_url: str
    trusted_proxies: int
    metrics_port: int
    metrics_host: str
    min_free_disk: int
    clock_offset: timedelta
    log_level: str

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def is_secure(self) -> bool:
        """Whether people reach the portal over https: cookies follow it."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def is_local(self) -> bool:
        """Whether the portal is one in development that people reach from this machine alone."""
        return not self.is_production and _is_loopback(self.base_url)

    @property
    def storage_folder(self) -> Path:
        """Where documents are kept: STORAGE_URL's folder, or one beside everything else."""
        return Path(url2pathname(urlsplit(self.storage_url).path)) if self.storage_url else self.data_folder / "files"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `env` (the process's own by default). Raises UnsafeSettings."""
        given = dict(os.environ if env is None else env)
        in_production = given.get("PORTAL_ENV") == "production"
        problems: list[str] = []
        settings = cls(
            env=given.get("PORTAL_ENV", "development"),
            secret_key=given.get("SECRET_KEY", ""),
            secret_key_fallbacks=tuple(filter(None, given.get("SECRET_KEY_FALLBACKS", "").split(","))),
            base_url=given.get("BASE_URL", "").rstrip("/"),
            data_folder=Path(given.get("PORTAL_DATA", "var")).absolute(),
            # As providers of PostgreSQL write it, or with our driver's name.
            database_url=re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", given.get("DATABASE_URL", "")),
            redis_url=given.get("REDIS_URL", ""),
            bank_url=given.get("BANK_URL", "").rstrip("/"),
            bank_api_key=given.get("BANK_API_KEY", ""),
            bank_settle=timedelta(seconds=_whole(given, "BANK_SETTLE_SECONDS", 300, problems)),
            mail_server=given.get("MAIL_SERVER", ""),
            mail_port=_whole(given, "MAIL_PORT", 25, problems),
            mail_use_tls=_is_on(given, "MAIL_USE_TLS"),
            mail_use_ssl=_is_on(given, "MAIL_USE_SSL"),
            mail_username=given.get("MAIL_USERNAME") or None,
            mail_password=given.get("MAIL_PASSWORD") or None,
            mail_default_sender=given.get("MAIL_DEFAULT_SENDER", ""),
            mail_reply_to=given.get("MAIL_REPLY_TO") or None,
            support_phone=given.get("SUPPORT_PHONE") or ("" if in_production else _INVENTED_PHONE),
            storage_url=given.get("STORAGE_URL", ""),
            trusted_proxies=_whole(given, "TRUSTED_PROXIES", 0, problems),
            metrics_port=_whole(given, "METRICS_PORT", 0, problems),
            metrics_host=given.get("METRICS_HOST") or "127.0.0.1",
            min_free_disk=_whole(given, "MIN_FREE_DISK_MB", 500, problems) * 1024 * 1024,
            clock_offset=timedelta(seconds=_whole(given, "CLOCK_OFFSET_SECONDS", 0, problems)),
            log_level=given.get("LOG_LEVEL", "INFO").upper(),
        )
        problems += settings._problems()
        if settings.is_production and not given.get("TRUSTED_PROXIES"):
            problems.append("TRUSTED_PROXIES is missing: how many proxies in front say who the visitor is (0 for none)")
        if problems:
            raise UnsafeSettings("The portal does not start:\n" + "\n".join(f"- {line}" for line in problems))
        return settings

    def _problems(self) -> list[str]:
        required = {
            "SECRET_KEY": self.secret_key,
            "BASE_URL": self.base_url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "BANK_URL": self.bank_url,
            "BANK_API_KEY": self.bank_api_key,
            "MAIL_SERVER": self.mail_server,
            "MAIL_DEFAULT_SENDER": self.mail_default_sender,
            "SUPPORT_PHONE": self.support_phone,
        }
        found = [f"{name} is missing" for name, value in required.items() if not value] + self._mail_problems()
        if self.env not in {"development", "production"}:
            found.append("PORTAL_ENV must be development or production")
        if self.storage_url and urlsplit(self.storage_url).scheme != "file":
            found.append("STORAGE_URL must be a folder, file:///…: no other store is supported yet")
        if self.bank_settle < _SHORTEST_SETTLE:
            found.append("BANK_SETTLE_SECONDS must be 30 or more: a charge may be on its way for longer than a moment")
        if self.trusted_proxies < 0:
            found.append("TRUSTED_PROXIES must not be negative")
        if not 0 <= self.metrics_port < 65536:
            found.append("METRICS_PORT must be a port, or 0 for no metrics")
        if self.min_free_disk < 0:
            found.append("MIN_FREE_DISK_MB must not be negative")
        if self.log_level not in _LOG_LEVELS:
            found.append(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}")
        return found + self._problems_in_production() if self.is_production else found

    def _mail_problems(self) -> list[str]:
        found = []
        if self.mail_use_tls and self.mail_use_ssl:
            found.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other: STARTTLS (587), or TLS at once (465)")
        if not 0 < self.mail_port < 65536:
            found.append("MAIL_PORT must be a port")
        return found

    def _problems_in_production(self) -> list[str]:
        found = []
        if self.secret_key and _is_weak(self.secret_key):
            found.append(f"SECRET_KEY must be a random value of {_SHORTEST_SECRET} characters or more")
        if any(map(_is_weak, self.secret_key_fallbacks)):
            found.append(f"SECRET_KEY_FALLBACKS must be random values of {_SHORTEST_SECRET} characters or more")
        if self.mail_username and not (self.mail_use_tls or self.mail_use_ssl):
            found.append(
                "MAIL_USE_TLS or MAIL_USE_SSL must be on with MAIL_USERNAME: its password would travel in the open"
            )
        if self.base_url and not self.is_secure:
            found.append("BASE_URL must begin with https://")
        if self.database_url and not self.database_url.startswith("postgresql+psycopg://"):
            found.append("DATABASE_URL must begin with postgresql://")
        if self.bank_url and urlsplit(self.bank_url).scheme != "https" and not _is_loopback(self.bank_url):
            found.append("BANK_URL must begin with https:// (plain http is accepted to this machine only)")
        if self.clock_offset:
            found.append("CLOCK_OFFSET_SECONDS must not be set in production")
        return found


def settings_of(app: Flask) -> Settings:
    """The settings that an application was made with."""
    found: Settings = app.config["PORTAL"]
    return found


def current_settings() -> Settings:
    """Those of the application at work. Raises RuntimeError outside of one."""
    return settings_of(current_app)


def _is_weak(secret: str) -> bool:
    return len(secret) < _SHORTEST_SECRET or len(set(secret)) < _FEWEST_DIFFERENT


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _is_on(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "").lower() in {"1", "true", "yes", "on"}


def _whole(given: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    written = given.get(name) or str(default)
    if not re.fullmatch(r"-?[0-9]{1,9}", written):
        problems.append(f"{name} must be a whole number")
        return default
    return int(written)

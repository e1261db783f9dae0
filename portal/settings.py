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

from portal import settings_rules

LARGEST_BODY = 256 * 1024  # bytes of a request, but of one with a file (web/uploads.py)
DATABASE_CLIENT = "portal"  # how the application's connections call themselves to PostgreSQL


class UnsafeSettings(SystemExit):
    """The process must not start, and ends with these words alone: each setting and what it needs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings given replace the embedded part of the same name; see the README's table. `min_free_disk` in bytes;
    `metrics_port` 0 for none."""

    env: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    audit_key: str
    audit_key_fallbacks: tuple[str, ...]
    audit_heads_to: str
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
    mail_bounce_address: str | None
    bounce_mailbox: str
    support_phone: str
    storage_url: str
    signing_certificate: str
    signing_password: str | None
    timestamp_url: str
    trusted_proxies: int
    metrics_port: int
    metrics_host: str
    min_free_disk: int
    draft_life: timedelta
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
        return not self.is_production and settings_rules.is_loopback(self.base_url)

    @property
    def is_stored_elsewhere(self) -> bool:
        """Whether files are in a store of objects and not in a folder."""
        return urlsplit(self.storage_url).scheme == "s3"

    @property
    def storage_folder(self) -> Path:
        """Where files are kept that lie in a folder: STORAGE_URL's, or one beside everything else."""
        url = urlsplit(self.storage_url)
        return Path(url2pathname(url.path)) if url.scheme == "file" else self.data_folder / "files"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `env` (the process's own by default). Raises UnsafeSettings."""
        given = dict(os.environ if env is None else env)
        unread: dict[str, str] = {}
        settings = cls(
            env=given.get("PORTAL_ENV", "development"),
            secret_key=given.get("SECRET_KEY", ""),
            secret_key_fallbacks=tuple(filter(None, given.get("SECRET_KEY_FALLBACKS", "").split(","))),
            audit_key=given.get("AUDIT_KEY", ""),
            audit_key_fallbacks=tuple(filter(None, given.get("AUDIT_KEY_FALLBACKS", "").split(","))),
            audit_heads_to=given.get("AUDIT_HEADS_TO", ""),
            base_url=given.get("BASE_URL", "").rstrip("/"),
            data_folder=Path(given.get("PORTAL_DATA", "var")).absolute(),
            # As providers of PostgreSQL write it, or with our driver's name.
            database_url=re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", given.get("DATABASE_URL", "")),
            redis_url=given.get("REDIS_URL", ""),
            bank_url=given.get("BANK_URL", "").rstrip("/"),
            bank_api_key=given.get("BANK_API_KEY", ""),
            bank_settle=timedelta(seconds=_whole(given, "BANK_SETTLE_SECONDS", 300, unread)),
            mail_server=given.get("MAIL_SERVER", ""),
            mail_port=_whole(given, "MAIL_PORT", 25, unread),
            mail_use_tls=_is_on(given, "MAIL_USE_TLS"),
            mail_use_ssl=_is_on(given, "MAIL_USE_SSL"),
            mail_username=given.get("MAIL_USERNAME") or None,
            mail_password=given.get("MAIL_PASSWORD") or None,
            mail_default_sender=given.get("MAIL_DEFAULT_SENDER", ""),
            mail_reply_to=given.get("MAIL_REPLY_TO") or None,
            mail_bounce_address=given.get("MAIL_BOUNCE_ADDRESS") or None,
            bounce_mailbox=given.get("BOUNCE_MAILBOX", ""),
            support_phone=given.get("SUPPORT_PHONE") or settings_rules.INVENTED_PHONE,
            storage_url=given.get("STORAGE_URL", ""),
            signing_certificate=given.get("SIGNING_CERTIFICATE", ""),
            signing_password=given.get("SIGNING_PASSWORD") or None,
            timestamp_url=given.get("TIMESTAMP_URL", ""),
            trusted_proxies=_whole(given, "TRUSTED_PROXIES", 0, unread),
            metrics_port=_whole(given, "METRICS_PORT", 0, unread),
            metrics_host=given.get("METRICS_HOST") or "127.0.0.1",
            min_free_disk=_whole(given, "MIN_FREE_DISK_MB", 500, unread) * 1024 * 1024,
            draft_life=timedelta(days=_whole(given, "DRAFT_DAYS", 7, unread)),
            clock_offset=timedelta(seconds=_whole(given, "CLOCK_OFFSET_SECONDS", 0, unread)),
            log_level=given.get("LOG_LEVEL", "INFO").upper(),
        )
        if problems := settings_rules.problems(settings, given, unread):
            raise UnsafeSettings("The portal does not start:\n" + "\n".join(f"- {line}" for line in problems))
        return settings


def settings_of(app: Flask) -> Settings:
    """The settings that an application was made with."""
    found: Settings = app.config["PORTAL"]
    return found


def current_settings() -> Settings:
    """Those of the application at work. Raises RuntimeError outside of one."""
    return settings_of(current_app)


def _is_on(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "").lower() in {"1", "true", "yes", "on"}


def _whole(given: Mapping[str, str], name: str, default: int, unread: dict[str, str]) -> int:
    written = given.get(name) or str(default)
    if not re.fullmatch(r"-?[0-9]{1,9}", written):
        unread[name] = f"{name} must be a whole number"
        return default
    return int(written)

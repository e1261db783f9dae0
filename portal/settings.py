"""Every setting of the portal, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

_EXAMPLE_SECRETS = frozenset({"changeme", "secret", "desarrollo", "dev", "development-only-secret-key"})


class UnsafeSettings(Exception):
    """The process must not start. The message names each setting and what it needs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings given replace the embedded part of the same name; see the README's table."""

    env: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    base_url: str
    data_folder: Path
    database_url: str
    redis_url: str
    bank_url: str
    bank_api_key: str
    mail_server: str
    mail_port: int
    mail_use_tls: bool
    mail_username: str | None
    mail_password: str | None
    mail_default_sender: str
    mail_reply_to: str | None
    support_phone: str
    trusted_proxies: int
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
    def storage_folder(self) -> Path:
        return self.data_folder / "files"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `env` (the process's own by default). Raises UnsafeSettings."""
        given = dict(os.environ if env is None else env)
        problems: list[str] = []
        settings = cls(
            env=given.get("PORTAL_ENV", "development"),
            secret_key=given.get("SECRET_KEY", ""),
            secret_key_fallbacks=tuple(filter(None, given.get("SECRET_KEY_FALLBACKS", "").split(","))),
            base_url=given.get("BASE_URL", "").rstrip("/"),
            data_folder=Path(given.get("PORTAL_DATA", "var")).absolute(),
            database_url=given.get("DATABASE_URL", ""),
            redis_url=given.get("REDIS_URL", ""),
            bank_url=given.get("BANK_URL", "").rstrip("/"),
            bank_api_key=given.get("BANK_API_KEY", ""),
            mail_server=given.get("MAIL_SERVER", ""),
            mail_port=_whole(given, "MAIL_PORT", 25, problems),
            mail_use_tls=given.get("MAIL_USE_TLS", "").lower() in {"1", "true", "yes", "on"},
            mail_username=given.get("MAIL_USERNAME") or None,
            mail_password=given.get("MAIL_PASSWORD") or None,
            mail_default_sender=given.get("MAIL_DEFAULT_SENDER", ""),
            mail_reply_to=given.get("MAIL_REPLY_TO") or None,
            support_phone=given.get("SUPPORT_PHONE", "(01) 500 0000"),
            trusted_proxies=_whole(given, "TRUSTED_PROXIES", 0, problems),
            clock_offset=timedelta(seconds=_whole(given, "CLOCK_OFFSET_SECONDS", 0, problems)),
            log_level=given.get("LOG_LEVEL", "INFO").upper(),
        )
        problems += settings._problems()
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
        }
        found = [f"{name} is missing" for name, value in required.items() if not value]
        if self.env not in {"development", "production"}:
            found.append("PORTAL_ENV must be development or production")
        if not self.is_production:
            return found
        if self.secret_key and (len(self.secret_key) < 32 or self.secret_key.lower() in _EXAMPLE_SECRETS):
            found.append("SECRET_KEY must be a random value of 32 characters or more")
        if self.base_url and not self.is_secure:
            found.append("BASE_URL must begin with https://")
        if self.database_url and not self.database_url.startswith("postgresql+psycopg://"):
            found.append("DATABASE_URL must begin with postgresql+psycopg://")
        if self.bank_url and urlsplit(self.bank_url).scheme != "https" and not _is_loopback(self.bank_url):
            found.append("BANK_URL must begin with https:// (plain http is accepted to this machine only)")
        if self.clock_offset:
            found.append("CLOCK_OFFSET_SECONDS must not be set in production")
        return found


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _whole(given: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    try:
        return int(given.get(name) or default)
    except ValueError:
        problems.append(f"{name} must be a whole number")
        return default

"""Keys derived from SECRET_KEY: sealing secrets that are needed again, and keyed hashes of codes and tokens."""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.settings import current_settings


def seal(secret: str) -> bytes:
    """Encrypt a secret that is needed again: that of a mail until it leaves, that of a second step."""
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """The secret again; keys listed in SECRET_KEY_FALLBACKS open what they sealed."""
    return _box().decrypt(sealed).decode()


def keyed_hash(purpose: str, value: str) -> str:
    """A hash nobody can compute without the key: six digits could be guessed from a plain one."""
    return keyed_hashes(purpose, value)[0]


def keyed_hashes(purpose: str, value: str) -> tuple[str, ...]:
    """The same with each key of now and of SECRET_KEY_FALLBACKS: what a hash that is kept for long may be."""
    return tuple(
        hmac.new(_key(secret, purpose), value.encode(), hashlib.sha256).hexdigest() for secret in _secret_keys()
    )


def audit_keys() -> dict[str, bytes]:
    """The keys of the audit by their ids, the one of today first: AUDIT_KEY with its fallbacks or, where there is none,
    SECRET_KEY with its own. An id tells nothing of its key."""
    settings = current_settings()
    own = (settings.audit_key, *settings.audit_key_fallbacks) if settings.audit_key else ()
    return {_key(secret, "audit-key-id").hex()[:8]: _key(secret, "audit") for secret in (*own, *_secret_keys())}


def _box() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_key(secret, "mail-secret"))) for secret in _secret_keys()])


def _secret_keys() -> tuple[str, ...]:
    settings = current_settings()
    return (settings.secret_key, *settings.secret_key_fallbacks)


@lru_cache(maxsize=64)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())

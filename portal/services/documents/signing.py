"""The signature that documents of some kinds carry: whose it is, how long that is good, and with which stamp."""

import math
from datetime import timedelta

from portal.domain import clock
from portal.domain.signature import SignatureLevel
from portal.integrations.signing_certificate import CertificateUnusable, Identity, identity
from portal.services.platform.outbox import RetryableFailure
from portal.settings import current_settings

_LOOK_AGAIN = timedelta(minutes=15)  # until somebody brings a good certificate: no document of a signed kind is without


def signer() -> Identity:
    """Who signs now. Raises RetryableFailure when nobody can: a job waits, for as long as it takes."""
    try:
        return _good()
    except CertificateUnusable as error:
        raise RetryableFailure("No hay un certificado de firma vigente.", longest_pause=_LOOK_AGAIN) from error


def signed(pdf: bytes, by: Identity) -> bytes:
    """`pdf` with a signature: B-T with the stamp of TIMESTAMP_URL, B-B without."""
    from portal.integrations import pdf_signing  # 10 MB, for the process that prints

    return pdf_signing.sign(pdf, by, current_settings().timestamp_url)


def level(pdf: bytes) -> SignatureLevel | None:
    """Which signature `pdf` carries: None without one."""
    from portal.integrations import pdf_signing

    return pdf_signing.level(pdf)


def trouble() -> str | None:
    """Why nothing can be signed, by the setting's name; None when all is well."""
    try:
        _good()
    except CertificateUnusable as error:
        return str(error)
    return None


def days_left() -> float:
    """How many days the certificate is still good: negative once it is not, infinitely so when there is none."""
    try:
        return (_named().valid_until - clock.now()) / timedelta(days=1)
    except CertificateUnusable:
        return -math.inf


def _good() -> Identity:
    found, moment = _named(), clock.now()
    if moment < found.valid_from:
        raise CertificateUnusable(f"SIGNING_CERTIFICATE is not valid before {found.valid_from:%Y-%m-%d}")
    if moment >= found.valid_until:
        raise CertificateUnusable(f"SIGNING_CERTIFICATE expired on {found.valid_until:%Y-%m-%d}: renew it")
    return found


def _named() -> Identity:
    settings = current_settings()
    if not settings.signing_certificate:
        raise CertificateUnusable("SIGNING_CERTIFICATE is missing: documents that are to be signed wait")
    return identity(settings.signing_certificate, settings.signing_password)

"""Mails about the staff's second step."""

from dataclasses import dataclass
from datetime import datetime

from portal.domain.message import Topic
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, kw_only=True)
class SecondStepEnrolled(Mail):
    """The second step is on."""

    kind = "second_step_enrolled"
    topic = Topic.ACCOUNT
    words = "Segundo paso activado"
    subject = "Su segundo paso para ingresar está activado en MASSIV"

    enrolled_at: datetime


@dataclass(frozen=True, kw_only=True)
class SecondStepLocked(Mail):
    """Five codes in a row were wrong."""

    kind = "second_step_locked"
    topic = Topic.ACCOUNT
    words = "Aviso: segundo paso bloqueado"
    subject = "Hubo 5 códigos incorrectos en su cuenta de MASSIV"

    locked_at: datetime


@dataclass(frozen=True, kw_only=True)
class SecondStepReset(Mail):
    """The next sign-in begins a new second step. `by` begins the sentence; `reason` stands within one."""

    kind = "second_step_reset"
    topic = Topic.ACCOUNT
    words = "Segundo paso reiniciado"
    subject = "Se reinició su segundo paso para ingresar a MASSIV"

    reset_at: datetime
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Mail):
    """Somebody came in by a recovery code; `left` of them remain."""

    kind = "recovery_code_used"
    topic = Topic.ACCOUNT
    words = "Código de recuperación usado"
    subject = "Se usó un código de recuperación en su cuenta de MASSIV"

    used_at: datetime
    left: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesRenewed(Mail):
    """There are new recovery codes, which no mail carries."""

    kind = "recovery_codes_renewed"
    topic = Topic.ACCOUNT
    words = "Códigos de recuperación nuevos"
    subject = "Códigos de recuperación nuevos en su cuenta de MASSIV"

    made_at: datetime

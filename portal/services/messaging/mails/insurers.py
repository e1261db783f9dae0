"""Mails to the insurers that carry what is sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.formats import day
from portal.domain.message import Topic
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, kw_only=True)
class DailyBordereau(Mail):
    """What happened to an insurer's policies on a day, in the file with it. `lines`: how many of each."""

    kind = "bordereau"
    topic = Topic.POLICIES
    words = "Relación diaria para la aseguradora"

    insurer: str
    day: date
    lines: Sequence[tuple[str, str, str]]

    @property
    def subject(self) -> str:
        return f"Relación del {day(self.day)} para {self.insurer}"

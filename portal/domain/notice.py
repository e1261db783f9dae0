"""What a notice says: whom it is about, what happened, and who gives it. Source: B01."""

import re
from dataclasses import dataclass
from datetime import date

from portal.domain.claim import EventKind
from portal.domain.errors import DomainError
from portal.domain.identity import Identity, clean_name, parse_email, parse_mobile
from portal.domain.typed import clean, line, plain_marks

LONGEST_STORY = 2000
_LONGEST_POLICY = 24
_LONGEST_RELATION = 60
_LONGEST_SURNAMES = 121
_NUMBER = re.compile(r"(?:AV)?[\s.-]*(?P<year>20[0-9]{2})[\s.-]*(?P<count>[0-9]{1,6})\b")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, and to whom: `insured` by their document, or the `policy_number` as it was typed."""

    kind: EventKind
    insured: Identity | None
    policy_number: str = ""
    event_date: date | None = None
    story: str = ""
    insured_name: str = ""

    def checked(self, today: date) -> "Event":
        """In its normal form. Raises DomainError on the field that is wrong."""
        policy_number = parse_policy_number(self.policy_number)
        if self.insured is None and not policy_number:
            raise DomainError("Escriba el documento de la persona, o el número de su póliza.", "numero_documento")
        if self.event_date is not None and self.event_date > today:
            raise DomainError("Ese día todavía no llega. Revise la fecha.", "dia")
        story = clean(self.story)
        if len(story) > LONGEST_STORY:
            raise DomainError(f"Use {LONGEST_STORY} letras como máximo.", "relato")
        name = clean_name(self.insured_name, field="nombre_asegurado", required=False, longest=120)
        return Event(self.kind, self.insured, policy_number, self.event_date, story, name)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who gives the notice. `email` may be empty where one of the staff writes it down."""

    identity: Identity
    names: str
    surnames: str
    relation: str
    email: str
    phone: str = ""

    def checked(self, *, needs_email: bool = True) -> "Sender":
        """In its normal form. Raises DomainError on the field that is wrong."""
        relation = line(self.relation)
        if not relation:
            raise DomainError("Escriba qué es usted de esa persona.", "parentesco")
        if len(relation) > _LONGEST_RELATION:
            raise DomainError(f"Use {_LONGEST_RELATION} letras como máximo.", "parentesco")
        return Sender(
            identity=self.identity,
            names=clean_name(self.names, field="nombres"),
            surnames=clean_name(self.surnames, field="apellidos", longest=_LONGEST_SURNAMES),
            relation=relation,
            email=parse_email(self.email) if needs_email or line(self.email) else "",
            phone=parse_mobile(self.phone) if line(self.phone) else "",
        )


def parse_policy_number(typed: str) -> str:
    """A policy's number as it was typed, with its spaces in order. Raises DomainError on `poliza`."""
    number = plain_marks(line(typed)).upper()
    if len(number) > _LONGEST_POLICY:
        raise DomainError(f"Un número de póliza tiene {_LONGEST_POLICY} letras como máximo.", "poliza")
    return number


def parse_notice_number(typed: str) -> str:
    """`AV-2026-000001`, however its groups were written: with other hyphens, spaces or none, zeros left out. What can
    be no number is given back as it was typed."""
    written = plain_marks(line(typed)).upper()
    found = _NUMBER.search(written)
    return f"AV-{found['year']}-{int(found['count']):06d}" if found else written[:_LONGEST_POLICY]

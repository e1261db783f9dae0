"""What a notice says beside what a policy says, row by row: the same, something missing, or another.

It decides nothing: a person of the desk does, with this before their eyes. Source: B01.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain import formats
from portal.domain.identity import Identity
from portal.domain.names import words as words_of


class Verdict(StrEnum):
    """How two values stand to each other."""

    SAME = "same"
    NEAR = "near"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Said:
    """What a notice says. `sender` names who gives it and what they are of the insured."""

    insured: Identity | None
    insured_name: str
    policy_number: str
    event_date: date | None
    event: str
    sender: Identity | None
    sender_words: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a policy holds on the day of the event. `covers`: the names of its coverages that fit the event. `sender`:
    who has the document of the notice's sender in it, and what they are, in words; empty for nobody. `is_alike`:
    whether that one's name may be the sender's."""

    number: str
    insured: Identity
    insured_name: str
    starts_on: date
    ends_on: date
    covers: Sequence[str]
    sender: str
    is_alike: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One row: `verdict` with its `words` on what both say."""

    label: str
    said: str
    held: str
    verdict: Verdict
    words: str


def compare(said: Said, held: Held) -> list[Line]:
    """Each thing that the notice says, beside the policy's."""
    lines = []
    if said.insured is not None:
        lines.append(_document(said.insured, held))
    if said.policy_number:
        lines.append(_number(said.policy_number, held))
    if said.insured_name:
        lines.append(_name(said.insured_name, held))
    return [*lines, _day(said.event_date, held), _event(said.event, held), _sender(said, held)]


def same_number(typed: str, number: str) -> bool:
    """Whether what was typed is that policy's number, whatever was put between its groups."""
    return _bare(typed) == _bare(number)


def _document(insured: Identity, held: Held) -> Line:
    if insured == held.insured:
        verdict, words = Verdict.SAME, "Igual"
    elif insured.number == held.insured.number:
        verdict, words = Verdict.NEAR, "Es de otro tipo o país"
    else:
        verdict, words = Verdict.OTHER, "Es otro"
    return Line("Documento", str(insured), str(held.insured), verdict, words)


def _number(typed: str, held: Held) -> Line:
    is_same = same_number(typed, held.number)
    return Line(
        "Póliza", typed, held.number, Verdict.SAME if is_same else Verdict.OTHER, "Igual" if is_same else "Es otra"
    )


def _name(name: str, held: Held) -> Line:
    told, known = set(words_of(name)), set(words_of(held.insured_name))
    if told == known:
        verdict, words = Verdict.SAME, "Igual"
    elif told < known:
        verdict, words = Verdict.NEAR, "Falta parte del nombre"
    elif told & known:
        verdict, words = Verdict.NEAR, "Se parece"
    else:
        verdict, words = Verdict.OTHER, "Es otro"
    return Line("Nombre", name, held.insured_name, verdict, words)


def _day(day: date | None, held: Held) -> Line:
    covers = f"Cubre del {formats.day(held.starts_on)} al {formats.day(held.ends_on)}"
    if day is None:
        return Line("Ocurrió", "No lo dice", covers, Verdict.NEAR, "Falta el día")
    is_within = held.starts_on <= day <= held.ends_on
    verdict, words = (Verdict.SAME, "Cubierto") if is_within else (Verdict.OTHER, "Fuera de fecha")
    return Line("Ocurrió", formats.day(day), covers, verdict, words)


def _event(event: str, held: Held) -> Line:
    if held.covers:
        return Line("Qué pasó", event, ", ".join(held.covers), Verdict.SAME, "Lo cubre")
    return Line("Qué pasó", event, "No tiene esa cobertura", Verdict.OTHER, "No lo cubre")


def _sender(said: Said, held: Held) -> Line:
    if held.sender:
        verdict, words = (Verdict.SAME, "Figura") if held.is_alike else (Verdict.OTHER, "Mismo documento, otro nombre")
        return Line("Quién avisa", said.sender_words, held.sender, verdict, words)
    return Line("Quién avisa", said.sender_words, "No figura con ese documento", Verdict.NEAR, "No figura")


def _bare(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())

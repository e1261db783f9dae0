"""Documents, mobiles, mail addresses, names and ages, as people in Peru write them."""

from datetime import date

import pytest

from portal.domain import countries
from portal.domain.errors import DomainError
from portal.domain.identity import (
    DOCUMENT_NAMES,
    DocumentType,
    Identity,
    age_on,
    check_adult,
    check_birth_date,
    clean_name,
    likely_email,
    parse_email,
    parse_identity,
    parse_mobile,
    parse_number,
)


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        ("DNI", "45678912", "45678912"),
        ("DNI", "00012345", "00012345"),
        ("DNI", " 4567-8912 ", "45678912"),
        ("DNI", "45.678.912", "45678912"),
        ("CE", "001234567", "001234567"),
        ("CE", "abc123456789", "ABC123456789"),
        ("PASAPORTE", "xd1234", "XD1234"),
        ("PASAPORTE", "ab 123-456", "AB123456"),
    ],
)
def test_a_document_keeps_what_was_typed_without_its_spaces_and_dots(kind, typed, number):
    assert parse_number(DocumentType(kind), typed) == number


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("DNI", ""),
        ("DNI", "4567891"),
        ("DNI", "456789123"),
        ("DNI", "4567891K"),
        ("DNI", "٤٥٦٧٨٩١٢"),  # digits, and not ours
        ("CE", "12345678"),
        ("CE", "1234567890123"),
        ("CE", "00123456Ñ"),
        ("PASAPORTE", "AB123"),
        ("PASAPORTE", "ABCDEF1234567"),
        ("PASAPORTE", "AB<123>45"),
    ],
)
def test_a_document_of_another_shape_is_refused_at_its_field(kind, typed):
    with pytest.raises(DomainError) as refused:
        parse_number(DocumentType(kind), typed, field="documento")
    assert refused.value.field == "documento"


@pytest.mark.parametrize(
    ("kind", "typed", "number"),
    [
        *(("DNI", typed, "66163161") for typed in (
            "DNI 66163161", "dni: 66163161", "D.N.I. N.° 66163161", "DNI Nº66163161", "DNI66163161", "N° 66163161",
            "66163161-4", "661631614", "66163161 – I", "66163161i", "DNI 66163161‑4", "Documento: 66163161",
            "Documento de identidad DNI 66163161", "DNI=66163161", "DNI/66163161-4", "\u200e66 163 161\u202c\n")),
        *(("CE", typed, "001234567") for typed in ("CE 001234567", "C.E. N° 001234567", "CE001234567",
                                                   "Carnet de extranjería 001234567",
                                                   "Carné de extranjería: 001234567")),
        *(("PASAPORTE", typed, "CE123456") for typed in ("Pasaporte CE123456", "pasaporte n.° ce-123456", "CE123456")),
    ],
)  # fmt: skip
def test_a_document_is_taken_as_it_is_pasted(kind, typed, number):
    assert parse_number(DocumentType(kind), typed) == number


@pytest.mark.parametrize("typed", ["66163161-5", "661631610", "66163161-K", "DNI 66163161-3"])
def test_a_wrong_check_character_is_said_in_words(typed):
    sign = typed[-1]
    with pytest.raises(DomainError, match=f"El DNI tiene 8 dígitos, y «{sign}» no es su dígito verificador"):
        parse_number(DocumentType.DNI, typed)


@pytest.mark.parametrize(
    "typed",
    ["rosa@gmail.com", " Rosa@Gmail.com\u200b ", "mailto:rosa@gmail.com", "mailto:rosa@gmail.com?subject=hola",
     "<rosa@gmail.com>", "Rosa Condori <rosa@gmail.com>", "rosa @ gmail.com", "rosa@gmail. com", "rosa@gmail.com;",
     '"rosa@gmail.com".', "“rosa@gmail.com”", "(rosa@gmail.com)", "Correo electrónico: rosa@gmail.com",
     "«rosa@gmail.com»"],
)  # fmt: skip
def test_an_address_is_taken_as_it_is_pasted(typed):
    assert parse_email(typed) == "rosa@gmail.com"


@pytest.mark.parametrize("typed", ["rosa condori@gmail.com", "rosa@gmail.com, pedro@gmail.com", "mailto:", "<>"])
def test_what_may_be_two_addresses_is_none(typed):
    with pytest.raises(DomainError):
        parse_email(typed)


def test_an_address_too_long_says_so():
    with pytest.raises(DomainError, match="254 letras como máximo"):
        parse_email(f"{'a' * 250}@gmail.com")


def test_a_short_dni_is_told_how_many_digits_it_has():
    with pytest.raises(DomainError, match=r"8 dígitos\. Usted escribió 7"):
        parse_identity("DNI", "1234567")


def test_a_dni_with_a_letter_is_told_so():
    with pytest.raises(DomainError, match="sin letras"):
        parse_identity("DNI", "1234567A")


def test_the_same_number_on_another_document_is_another_person():
    assert parse_identity("CE", "123456789") != parse_identity("PASAPORTE", "123456789", "PE")
    assert parse_identity("PASAPORTE", "123456789", "CO") != parse_identity("PASAPORTE", "123456789", "VE")


def test_dni_and_ce_are_perus_and_a_passport_is_of_the_country_chosen():
    numbers = {"DNI": "45678912", "CE": "123456789", "PASAPORTE": "AB123456"}
    assert [parse_identity(kind, number, "CO").country for kind, number in numbers.items()] == ["PE", "PE", "CO"]


@pytest.mark.parametrize("country", ["", "co", "XX", "EU", "Colombia"])
def test_a_passport_needs_a_country_of_the_list(country):
    with pytest.raises(DomainError, match="Elija el país") as refused:
        parse_identity("PASAPORTE", "AB123456", country)
    assert refused.value.field == "pais_documento"


def test_a_passport_is_shown_with_its_country_and_peruvian_documents_without():
    assert str(parse_identity("PASAPORTE", "ab123456", "CO")) == "Pasaporte AB123456 (Colombia)"
    assert [str(parse_identity("DNI", "45678912")), str(parse_identity("CE", "001234567"))] == [
        "DNI 45678912",
        "CE 001234567",
    ]
    assert Identity(DocumentType.PASSPORT, "AB123456", "??").full_number == "AB123456 (??)"


def test_countries_are_named_in_spanish_in_the_order_of_the_alphabet():
    names = list(countries.names().values())
    assert names[:3] == ["Afganistán", "Albania", "Alemania"]
    assert names.index("Bután") < names.index("Cabo Verde")
    assert names.index("Mongolia") < names.index("Mozambique")
    assert names.index("Bélgica") < names.index("Belice") < names.index("Benín")
    assert {"PE", "VE", "CO", "XK"} <= set(countries.names())
    assert not {"EU", "ZZ", "UN"} & set(countries.names())


def test_every_document_type_has_a_name_for_people():
    assert set(DOCUMENT_NAMES) == set(DocumentType)


@pytest.mark.parametrize(
    "typed",
    [
        "984512073",
        "984 512 073",
        "+51 984512073",
        "0051984512073",
        "51984512073",
        "(+51) 984-512-073",
        "984.512.073",
        "tel:+51984512073",
        "Cel.: 984 512 073",
        "WhatsApp 984512073",
        "984512073;",
    ],
)
def test_a_mobile_is_kept_as_its_nine_digits(typed):
    assert parse_mobile(typed) == "984512073"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "98451207",
        "9845120731",
        "884512073",
        "014567890",
        "+1 2025550100",
        "nueve",
        "98451207a",
        "98451FLOR",
        "984512073 ext. 5",
        "984512073;ext=12",
        "９８４５１２０７３",
        "++51984512073",
    ],
)
def test_anything_else_is_no_mobile(typed):
    with pytest.raises(DomainError) as refused:
        parse_mobile(typed)
    assert refused.value.field == "celular"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("juana@correo.pe", "juana@correo.pe"),
        (" Juana.Mamani@Gmail.COM ", "juana.mamani@gmail.com"),
        ("juana+seguros@correo.com.pe", "juana+seguros@correo.com.pe"),
        ("juana@perú.pe", "juana@xn--per-boa.pe"),
    ],
)
def test_a_mail_address_is_kept_in_its_normal_form(typed, address):
    assert parse_email(typed) == address


@pytest.mark.parametrize(
    "typed", ["", "juana", "juana@", "@correo.pe", "juana@correo", "a b@correo.pe", "ana\r\nBcc: x@y.pe", "ñaña@c.pe"]
)
def test_what_is_no_mail_address_is_refused(typed):
    with pytest.raises(DomainError) as refused:
        parse_email(typed)
    assert refused.value.field == "correo"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("juana@gmial.com", "juana@gmail.com"),
        ("juana@gmail.co", "juana@gmail.com"),
        ("juana@gmail.con", "juana@gmail.com"),
        ("juana@gmaill.com", "juana@gmail.com"),
        ("juana@hotmial.com", "juana@hotmail.com"),
        ("juana@hotmal.com", "juana@hotmail.com"),
        ("juana@outlok.com", "juana@outlook.com"),
        ("juana@yahooo.com", "juana@yahoo.com"),
        ("juana@iclod.com", "juana@icloud.com"),
        ("juana@gmail.com", None),
        ("juana@yahoo.es", None),
        ("juana@hotmail.es", None),
        ("juana@outlook.es", None),
        ("juana@municusco.gob.pe", None),
        ("juana@massiv.pe", None),
    ],
)
def test_a_slip_in_a_well_known_domain_is_suggested_and_others_are_left_alone(typed, meant):
    assert likely_email(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        *("ymail.com", "mail.com", "email.com", "qmail.com", "amail.com", "rocketmail.com", "gmx.com", "gmx.es"),
        *("hotmail.co", "yahoo.co", "yahoo.com.pe", "outlook.com.pe", "hotmail.com.pe", "live.com", "love.com"),
        *("tmail.com", "cmail.com", "cloud.com", "gail.com", "googlemail.com", "me.com", "msn.com", "hotmail.se"),
    ],
)
def test_a_domain_that_has_mail_is_never_a_slip_of_another(domain):
    assert likely_email(f"juana@{domain}") is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Juana   María ", "Juana María"),
        ("D'Angelo", "D'Angelo"),
        ("Ñahui-Quispe", "Ñahui-Quispe"),
        ("J.", "J."),
        ("Mari\u0301a N\u0303ahui", "María Ñahui"),  # accents apart, as some devices paste them
        ("Juana\x00\u202e", "Juana"),
        *((f"D{mark}Angelo", "D'Angelo") for mark in "´`’‘ʼ′＇"),
        *((f"Ñahui{hyphen}Quispe", "Ñahui-Quispe") for hyphen in "‐‑–—−－"),
    ],
)
def test_a_name_keeps_its_letters_and_loses_needless_spaces(typed, name):
    assert clean_name(typed, field="nombres") == name


@pytest.mark.parametrize("typed", ["", "   ", "<b>Juana</b>", "Juana2", "=cmd()", "--", "{{ x }}", "a" * 61])
def test_what_is_no_name_is_refused_at_its_field(typed):
    with pytest.raises(DomainError) as refused:
        clean_name(typed, field="nombres")
    assert refused.value.field == "nombres"


def test_a_name_that_is_not_required_may_be_missing():
    assert clean_name("  ", field="apellido_materno", required=False) == ""


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2004, 2, 29), date(2022, 2, 28), 17),
        (date(2004, 2, 29), date(2022, 3, 1), 18),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2026, 11, 22), date(2026, 11, 22), 0),
    ],
)
def test_age_is_whole_years_reached_on_the_birthday(born, on, age):
    assert age_on(born, on) == age


def test_somebody_becomes_an_adult_on_the_eighteenth_birthday():
    check_adult(date(2008, 11, 22), date(2026, 11, 22))
    with pytest.raises(DomainError) as refused:
        check_adult(date(2008, 11, 23), date(2026, 11, 22))
    assert refused.value.field == "fecha_nacimiento"


@pytest.mark.parametrize("born", [date(2026, 11, 23), date(1905, 11, 22), date(1, 1, 1)])
def test_a_birth_in_the_future_or_before_anybody_alive_is_refused(born):
    with pytest.raises(DomainError):
        check_birth_date(born, date(2026, 11, 22))


@pytest.mark.parametrize("born", [date(2026, 11, 22), date(1906, 11, 22)])
def test_a_birth_today_or_a_hundred_and_twenty_years_ago_is_possible(born):
    check_birth_date(born, date(2026, 11, 22))


@pytest.mark.parametrize(
    ("kind", "number"),
    [("DNI", "４００００００１"), ("DNI", "४००००००१"), ("CE", "ﬁ1234567"), ("PASAPORTE", "АВ12345")],
)
def test_look_alikes_of_other_alphabets_make_no_second_person(kind, number):
    with pytest.raises(DomainError):
        parse_number(DocumentType(kind), number)

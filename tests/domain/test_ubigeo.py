"""Peru's departments, provinces and districts."""

import re
import unicodedata

from portal.domain import ubigeo

# INEI, Censos Nacionales 2025: districts of each department.
DISTRICTS = {
    "Amazonas": 84,
    "Áncash": 166,
    "Apurímac": 85,
    "Arequipa": 109,
    "Ayacucho": 124,
    "Cajamarca": 127,
    "Callao": 7,
    "Cusco": 116,
    "Huancavelica": 102,
    "Huánuco": 84,
    "Ica": 43,
    "Junín": 124,
    "La Libertad": 84,
    "Lambayeque": 38,
    "Lima": 171,
    "Loreto": 54,
    "Madre de Dios": 11,
    "Moquegua": 21,
    "Pasco": 29,
    "Piura": 65,
    "Puno": 110,
    "San Martín": 78,
    "Tacna": 28,
    "Tumbes": 13,
    "Ucayali": 19,
}
PROVINCES = "7 20 7 8 11 13 1 13 7 11 5 9 12 3 10 8 3 3 3 8 13 10 4 3 4"  # of each, in the same order


def districts_of(department):
    return [one for code, _ in ubigeo.provinces(department) for one in ubigeo.districts(code)]


def test_the_whole_country_is_there():
    departments = ubigeo.departments()
    assert {name: len(districts_of(code)) for code, name in departments} == DISTRICTS
    assert sum(DISTRICTS.values()) == 1892
    assert [len(ubigeo.provinces(code)) for code, _ in sorted(departments)] == [*map(int, PROVINCES.split())]


def test_no_district_stands_twice():
    for department, _ in ubigeo.departments():
        for province, _ in ubigeo.provinces(department):
            names = [unaccented(name) for _, name in ubigeo.districts(province)]
            assert len(set(names)) == len(names), province


def unaccented(name):
    plain = unicodedata.normalize("NFD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())


def test_every_name_is_whole():
    every = [name for code, _ in ubigeo.departments() for _, name in districts_of(code)]
    for name in every:
        assert re.fullmatch(r"[A-ZÁÉÍÓÚÑ][\w' -]*\w( \([A-Z]\w+\))?", name), name
        assert not re.search(r"[ -](de|del|la|las|los|el|y|san|santa|santo)$", name, re.IGNORECASE) or " " not in name
        assert not re.search(r"\b(De|Del)\b", name), name


def test_what_the_data_had_wrong_is_as_inei_has_it():
    tayacaja = dict(ubigeo.districts("0907"))
    assert len(tayacaja) == 23
    assert (tayacaja["090709"], tayacaja["090714"]) == ("Huaribamba", "Salcabamba")
    assert ubigeo.full_name("160405") == "Santa Rosa de Loreto, Mariscal Ramón Castilla, Loreto"
    assert ubigeo.full_name("100106") == "Quisqui (Kichki), Huánuco, Huánuco"
    assert ubigeo.full_name("150135") == "San Martín de Porres, Lima, Lima"


def test_an_address_with_a_code_that_stood_twice_is_still_read():
    for kept, is_now in (("090708", "090709"), ("090712", "090714")):
        assert ubigeo.current(kept) == is_now
        assert ubigeo.full_name(kept) == ubigeo.full_name(is_now)
        assert not ubigeo.is_district(kept)
    assert ubigeo.current("150101") == "150101"


def test_every_place_lies_under_its_parent():
    for department, _ in ubigeo.departments():
        for province, _ in ubigeo.provinces(department):
            assert province.startswith(department)
            districts = ubigeo.districts(province)
            assert districts
            assert all(code.startswith(province) and ubigeo.is_district(code) for code, _ in districts)


def test_places_are_listed_as_a_dictionary_would():
    assert [name for _, name in ubigeo.departments()][:3] == ["Amazonas", "Áncash", "Apurímac"]
    names = [name for _, name in ubigeo.districts("0907")]
    assert names.index("Lambras") + 1 == names.index("Ñahuimpuquio") == names.index("Pampas") - 1


def test_a_district_is_named_with_its_province_and_department():
    assert ubigeo.full_name("080601") == "Sicuani, Canchis, Cusco"


def test_what_is_no_place_leads_nowhere():
    assert ubigeo.provinces("99") == ubigeo.provinces("") == ubigeo.provinces("0806") == ()
    assert ubigeo.districts("9999") == ubigeo.districts("08") == ()
    assert not ubigeo.is_district("0806")
    assert not ubigeo.is_district("999999")

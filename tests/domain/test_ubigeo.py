"""Peru's departments, provinces and districts."""

from portal.domain import ubigeo


def test_the_whole_country_is_there():
    departments = ubigeo.departments()
    assert len(departments) == 25
    provinces = [one for code, _ in departments for one in ubigeo.provinces(code)]
    assert len(provinces) == 196
    districts = [one for code, _ in provinces for one in ubigeo.districts(code)]
    assert len(districts) > 1800
    assert len(set(districts)) == len(districts)


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

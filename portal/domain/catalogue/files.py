"""The catalogue's folder: one TOML file a product, and what all share: insurers.toml, limits.toml, holidays.toml."""

import tomllib
from pathlib import Path
from typing import Any

from portal.domain.catalogue.table import CatalogueError, Table

_SHARED = ("holidays.toml", "insurers.toml", "limits.toml")


def load_files(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Each product's slug and its mapping, by slug, with its insurer and the limits put inside.

    The mapping holds only what JSON holds, so it can be stored as it is and read again by `parse_product`.
    Raises CatalogueError where a file is not TOML, names an unknown insurer or is not named after its slug.
    """
    insurers = read_toml(folder / "insurers.toml")
    limits = read_toml(folder / "limits.toml")
    files = sorted(path for path in folder.glob("*.toml") if path.name not in _SHARED)
    return [(path.stem, _complete(path, insurers, limits)) for path in files]


def read_toml(path: Path) -> dict[str, Any]:
    """The mapping of a TOML file. Raises CatalogueError that names the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(path.name, f"is not valid TOML: {error}") from error


def _complete(path: Path, insurers: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
    data = read_toml(path)
    table = Table(path.name, data)
    if table.text("slug") != path.stem:
        raise CatalogueError(table.at("slug"), f"must be {path.stem!r}, the name of the file")
    insurer = table.text("insurer")
    if insurer not in insurers:
        raise CatalogueError(table.at("insurer"), f"{insurer!r} is not in insurers.toml")
    return {**data, "insurer": insurers[insurer], "limits": limits}

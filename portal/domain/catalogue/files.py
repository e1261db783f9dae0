"""The catalogue's folder: one TOML file a product, and what all share: documents, holidays, insurers, limits, the terms
of renewal and the seller."""

import tomllib
from pathlib import Path
from typing import Any

from portal.domain.catalogue.table import CatalogueError, Table

_SHARED = ("documents.toml", "holidays.toml", "insurers.toml", "limits.toml", "renewal.toml", "seller.toml")


def load_files(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Each product's slug and its mapping, by slug, with its insurer, its seller, the limits and its papers put
    inside.

    The mapping holds only what JSON holds, so it can be stored as it is and read again by `parse_product`.
    Raises CatalogueError where a file is not TOML, names an unknown insurer, paper or case, or is not named after its
    slug.
    """
    insurers = read_toml(folder / "insurers.toml")
    limits = read_toml(folder / "limits.toml")
    seller = read_toml(folder / "seller.toml")
    documents = read_toml(folder / "documents.toml")
    files = sorted(path for path in folder.glob("*.toml") if path.name not in _SHARED)
    return [(path.stem, _complete(path, insurers, seller, limits, documents)) for path in files]


def read_toml(path: Path) -> dict[str, Any]:
    """The mapping of a TOML file. Raises CatalogueError that names the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(path.name, f"is not valid TOML: {error}") from error


def _complete(
    path: Path, insurers: dict[str, Any], seller: dict[str, Any], limits: dict[str, Any], documents: dict[str, Any]
) -> dict[str, Any]:
    data = read_toml(path)
    table = Table(path.name, data)
    if table.text("slug") != path.stem:
        raise CatalogueError(table.at("slug"), f"must be {path.stem!r}, the name of the file")
    insurer = table.text("insurer")
    if insurer not in insurers:
        raise CatalogueError(table.at("insurer"), f"{insurer!r} is not in insurers.toml")
    return {
        **data,
        "insurer": insurers[insurer],
        "seller": seller,
        "limits": limits,
        "coverages": [_with_papers(item, documents) for item in table.tables("coverages")],
    }


def _with_papers(table: Table, documents: dict[str, Any]) -> dict[str, Any]:
    return {**table.data, "documents": [_paper(item, documents) for item in table.tables("documents")]}


def _paper(table: Table, documents: dict[str, Any]) -> dict[str, Any]:
    """A coverage's paper with the words that documents.toml has of it, and those of its case."""
    code, case = table.text("paper"), table.optional_text("case")
    words = documents["papers"].get(code)
    if words is None:
        raise CatalogueError(table.at("paper"), f"{code!r} is not in documents.toml")
    named = {key: value for key, value in table.data.items() if key != "paper"}
    if case is None:
        return {"code": code, **words, **named}
    if case not in documents["cases"]:
        raise CatalogueError(table.at("case"), f"{case!r} is not in documents.toml")
    return {"code": code, **words, **named, "when": documents["cases"][case]}

"""The catalogue's folder: what its files share, and what a mistake in one says."""

import json
import shutil
from pathlib import Path

import pytest

from portal.domain.catalogue import CatalogueError, load_files

FOLDER = Path(__file__).parents[2] / "portal" / "catalogue"


@pytest.fixture
def folder(tmp_path):
    """A copy of the catalogue that a test may spoil."""
    return Path(shutil.copytree(FOLDER, tmp_path / "catalogue"))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_mapping_holds_its_insurer_and_the_limits_and_is_json(folder):
    files = dict(load_files(folder))
    data = files["muerte-accidental"]
    assert data["insurer"]["ruc"] == "20994104277"
    assert data["limits"]["uit"] == "5500.00"
    assert json.loads(json.dumps(data)) == data


def test_insurers_and_limits_are_not_products(folder):
    assert [slug for slug, _ in load_files(folder)] == [
        "muerte-accidental",
        "oncologico",
        "renta-hospitalaria",
        "sepelio",
    ]


def test_a_file_that_is_not_toml_is_named_with_its_line(folder):
    replace(folder / "muerte-accidental.toml", 'code = "MA"', "code = MA")
    with pytest.raises(CatalogueError, match=r"muerte-accidental\.toml: is not valid TOML: .*line \d+"):
        load_files(folder)


def test_an_insurer_that_is_not_in_its_file_is_refused(folder):
    replace(folder / "muerte-accidental.toml", 'insurer = "salkantay"', 'insurer = "nadie"')
    with pytest.raises(CatalogueError, match=r"insurer: 'nadie' is not in insurers\.toml"):
        load_files(folder)


def test_a_paper_is_written_once_and_stands_whole_in_every_product_that_names_it(folder):
    replace(folder / "documents.toml", 'name = "Acta de defunción"', 'name = "Acta"')
    files = dict(load_files(folder))
    for slug, coverage in (("muerte-accidental", 0), ("sepelio", 1)):
        papers = {paper["code"]: paper for paper in files[slug]["coverages"][coverage]["documents"]}
        assert papers["acta-defuncion"]["name"] == "Acta"
        assert "paper" not in papers["acta-defuncion"]
    tested = {paper["code"]: paper for paper in files["muerte-accidental"]["coverages"][0]["documents"]}
    assert tested["dosaje-etilico"]["when"] == "si conducía un vehículo"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('paper = "acta-defuncion"', 'paper = "acta"', r"documents\[4\]\.paper: 'acta' is not in documents\.toml"),
        ('case = "conducia"', 'case = "volaba"', r"documents\[8\]\.case: 'volaba' is not in documents\.toml"),
        ('paper = "solicitud"', 'name = "Solicitud"', r"documents\[1\]\.paper: is missing"),
    ],
)
def test_a_paper_or_a_case_that_is_not_in_its_file_is_refused(folder, old, new, message):
    replace(folder / "muerte-accidental.toml", old, new)
    with pytest.raises(CatalogueError, match=message):
        load_files(folder)


def test_a_file_is_named_after_its_slug(folder):
    (folder / "muerte-accidental.toml").rename(folder / "muerte.toml")
    with pytest.raises(CatalogueError, match=r"muerte\.toml\.slug: must be 'muerte'"):
        load_files(folder)

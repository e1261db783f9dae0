"""The catalogue's files become versions that never change; what was sold stays with its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.domain.catalogue import CatalogueError
from portal.domain.errors import NotFound
from portal.models import ProductVersion, Quote
from portal.services.catalogue import offers
from portal.services.sale import quoting
from tests.factories import ACCIDENT, HOSPITAL


@pytest.fixture
def folder(tmp_path: Path):
    """A copy of the catalogue's files to change."""
    yield shutil.copytree(offers.FOLDER, tmp_path / "catalogue")
    offers._parsed.clear()  # versions published here are gone with their rows


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_files_that_did_not_change_publish_nothing(call, rows, folder):
    versions = rows(select(ProductVersion.id))
    assert call(offers.publish_files, folder) == []
    assert rows(select(ProductVersion.id)) == versions


def test_a_changed_file_is_a_new_version_and_the_old_one_stays_as_it_was(call, rows, make, folder):
    juana = make.customer()
    number = make.quote(juana)
    (old,) = rows(select(ProductVersion).where(ProductVersion.slug == ACCIDENT))
    change(folder / f"{ACCIDENT}.toml", "72.92", "75.00")
    assert call(offers.publish_files, folder) == [ACCIDENT]
    first, second = rows(select(ProductVersion).where(ProductVersion.slug == ACCIDENT).order_by(ProductVersion.version))
    assert (first.id, first.content, first.version, second.version) == (old.id, old.content, 1, 2)
    assert first.withdrawn_at is not None
    assert second.withdrawn_at is None

    def then_and_now() -> tuple[str, str]:
        quote = quoting.get(number, juana.actor)
        return str(offers.plan_of(quote)[1].total), str(offers.plan_on_sale(ACCIDENT, "plan-2")[1].total)

    assert call(then_and_now) == ("72.92", "75.00")
    assert rows(select(Quote.product_version_id)) == [old.id]


def test_a_file_that_is_gone_takes_its_product_off_sale(call, folder):
    (folder / f"{HOSPITAL}.toml").unlink()
    assert call(offers.publish_files, folder) == []
    assert HOSPITAL not in {offer.product.slug for offer in call(offers.offers)}
    with pytest.raises(NotFound):
        call(offers.offer_on_sale, HOSPITAL)


def test_a_file_that_breaks_a_rule_publishes_nothing_of_all(call, rows, folder):
    versions = rows(select(ProductVersion.id))
    change(folder / f"{ACCIDENT}.toml", "72.92", "75.00")
    change(folder / f"{HOSPITAL}.toml", "min_age = 18", "min_age = 99")
    with pytest.raises(CatalogueError):
        call(offers.publish_files, folder)
    assert rows(select(ProductVersion.id)) == versions


def test_offers_are_listed_by_name(call):
    names = [offer.product.name for offer in call(offers.offers)]
    assert names == sorted(names)
    assert len(names) == 4

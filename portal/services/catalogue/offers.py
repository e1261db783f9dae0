"""What is on sale: each data file's newest content is a published version; versions never change."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.catalogue import Plan, Product, UnknownPlan, load_files, parse_product
from portal.domain.errors import NotFound
from portal.domain.texts import Text, load_texts
from portal.extensions import db
from portal.models import ProductVersion, Quote
from portal.models.transaction import writing

FOLDER = Path(__file__).parents[2] / "catalogue"


@dataclass(frozen=True, slots=True)
class Offer:
    """A published product: the version's row and what it says."""

    version_id: int
    version: int
    product: Product


def publish_files(folder: Path = FOLDER) -> list[str]:
    """Publish each data file whose content is new; withdraw products whose file is gone. The slugs published.

    Raises CatalogueError, and publishes nothing, when a file breaks a rule of the catalogue.
    """
    files = load_files(folder)
    for _, data in files:
        parse_product(data)
    published = []
    with writing() as session:
        on_sale = {row.slug: row for row in session.scalars(_on_sale())}
        for slug, data in files:
            digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
            current = on_sale.pop(slug, None)
            if current is not None and current.sha256 == digest:
                continue
            if current is not None:
                current.withdrawn_at = clock.now()
            session.add(ProductVersion(slug=slug, version=_last_version(slug) + 1, sha256=digest, content=data))
            published.append(slug)
        for gone in on_sale.values():
            gone.withdrawn_at = clock.now()
    return published


def offers() -> list[Offer]:
    """The products on sale, by name."""
    rows = db.session.execute(_on_sale_ids()).all()
    return sorted((offer(row.id) for row in rows), key=lambda one: one.product.name)


def offer_on_sale(slug: str) -> Offer:
    """The version of a product on sale now. Raises NotFound."""
    version_id = db.session.scalar(id_on_sale(slug))
    if version_id is None:
        raise NotFound("Este seguro no está a la venta.")
    return offer(version_id)


def id_on_sale(slug: str) -> Any:
    """The version of a product on sale now, for a query: none when it is not sold."""
    return select(ProductVersion.id).where(ProductVersion.withdrawn_at.is_(None), ProductVersion.slug == slug)


def plan_on_sale(slug: str, plan_code: str) -> tuple[Offer, Plan]:
    """A plan that can be quoted now. Raises NotFound."""
    found = offer_on_sale(slug)
    try:
        return found, found.product.plan(plan_code)
    except UnknownPlan as error:
        raise NotFound("Este plan no está a la venta.") from error


def is_on_sale(slug: str, plan_code: str) -> bool:
    """Whether that plan can be quoted now."""
    try:
        plan_on_sale(slug, plan_code)
    except NotFound:
        return False
    return True


def offer(version_id: int) -> Offer:
    """The version that something was quoted or sold by."""
    known = _parsed.get(version_id)
    if known is None:
        row = db.session.get_one(ProductVersion, version_id)
        known = _parsed[version_id] = Offer(row.id, row.version, parse_product(row.content))
    return known


def sold(version_id: int, plan_code: str) -> tuple[Product, Plan]:
    """The product and plan that something was quoted or sold by."""
    product = offer(version_id).product
    return product, product.plan(plan_code)


def plan_of(quote: Quote) -> tuple[Product, Plan]:
    """The product and plan that a quote was made by."""
    return sold(quote.product_version_id, quote.plan_code)


# A version never changes, so each process reads it once. The key is the database's own id.
_parsed: dict[int, Offer] = {}


@lru_cache(maxsize=1)
def texts() -> dict[str, Text]:
    """The versioned texts that people accept, by key."""
    return load_texts(FOLDER / "texts")


def _on_sale() -> Any:
    return select(ProductVersion).where(ProductVersion.withdrawn_at.is_(None))


def _on_sale_ids() -> Any:
    return select(ProductVersion.id).where(ProductVersion.withdrawn_at.is_(None))


def _last_version(slug: str) -> int:
    return db.session.scalar(select(func.max(ProductVersion.version)).where(ProductVersion.slug == slug)) or 0

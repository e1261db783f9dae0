"""A holder takes the card for the family from where the purchase ended: as a picture and as a PDF."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitors, both_ways
from tests.journeys.stack import Portal
from tests.pages.account import Access


@both_ways
def test_a_holder_takes_the_card_for_the_family(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    public_id = portal.bought(juana)
    (number,) = portal.policies(public_id)
    Access(visitor).sign_in(juana.username, juana.password)
    visitor.go(f"/compras/{public_id}/resumen")
    visitor.page.get_by_role("link", name="Hacer la tarjeta").click()
    visitor.press("Hacer la tarjeta")
    expect(visitor.page.get_by_role("heading", name="Para WhatsApp")).to_be_visible()  # the page looks by itself
    picture = visitor.page.locator("main img")
    expect(picture).to_have_js_property("naturalWidth", 1080)
    box, sheet = picture.bounding_box(), visitor.page.locator("section[aria-labelledby=imagen]").bounding_box()
    assert box
    assert sheet
    assert box["x"] + box["width"] <= sheet["x"] + sheet["width"]
    for words, ending in (("Descargar imagen", "png"), ("Descargar PDF", "pdf")):
        with visitor.page.expect_download() as download:
            visitor.page.get_by_role("link", name=words).click()
        assert download.value.suggested_filename == f"tarjeta-{number}.{ending}"

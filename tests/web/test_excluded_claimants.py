"""Who has no part in a claim any more is asked for nothing, and can send nothing."""

from __future__ import annotations

import io

import pytest

from portal.domain import clock
from portal.models import ClaimParty
from portal.models.transaction import writing
from tests.decoder.strangers import drawing, encoded
from tests.guards.claimants import DAUGHTER, SON, bereaved

UPLOADS = "//main//form[@data-upload]"


@pytest.fixture
def death(app, make):
    return bereaved(app, make)


@pytest.fixture
def exclude(app, death):
    def exclude(who):
        with app.app_context(), writing() as session:
            party = session.get_one(ClaimParty, death.parts[who]["party_id"])
            party.excluded_at, party.ground = clock.now(), "Lo causó."

    return exclude


@pytest.mark.parametrize("who", [DAUGHTER, SON])
def test_who_lost_their_share_is_shown_nothing_to_send_and_refused(death, exclude, who):
    client = death.clients[who]
    at = f"/siniestros/{death.number}" if who == SON else f"/avisos/seguimiento/{death.tokens[who]}/{death.number}"
    before = client.get(at)
    addresses = before.document.xpath(f"{UPLOADS}/@action")
    assert addresses
    exclude(who)
    after = client.get(at)
    assert after.status == 200
    assert after.document.xpath(UPLOADS) == []
    assert "Le toca a usted" not in after.text
    assert "herederos legales" not in after.text
    assert "Ya no necesitamos documentos de usted" in after.text
    assert "Falta" not in after.text, "what others bring is none of theirs"
    for address in addresses:
        photo = {"archivo": (io.BytesIO(encoded(drawing((90, 60)), "PNG")), "foto.png")}
        told = client.post(address, photo)
        assert "Ya no necesitamos documentos de usted para este pedido" in told.text, address
        assert told.document.xpath(UPLOADS) == []


def test_the_others_send_as_before(death, exclude):
    exclude(DAUGHTER)
    assert death.clients[SON].get(f"/siniestros/{death.number}").document.xpath(UPLOADS)
    assert death.clients["mother"].get(f"/siniestros/{death.number}").document.xpath(UPLOADS)

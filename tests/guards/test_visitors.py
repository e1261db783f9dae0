"""However a proxy spells an address, its visitor is one: for limits, the audit, sessions and recovery."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.addresses import address_of, network_of
from portal.extensions import db
from portal.models import UserSession
from tests.client import PageClient
from tests.factories import PASSWORD

SPELLINGS = {
    "a port each": [f"198.51.100.7:{port}" for port in range(40000, 40070)],
    "a /64 address each": [f"2001:db8:12:34::{number:x}" for number in range(1, 71)],
    "a /64 address and port each": [f"[2001:db8:12:34::{number:x}]:{40000 + number}" for number in range(1, 71)],
    "an IPv4 one in IPv6 clothes": [f"[::ffff:198.51.100.7]:{port}" for port in range(40000, 40070)],
    "a zone each": [f"fe80::1%eth{number}" for number in range(70)],
    "all of them": [
        one.format(port)
        for port in range(40000, 40014)
        for one in ("198.51.100.7", "198.51.100.7:{}", "::ffff:c633:6407", "[::FFFF:198.51.100.7]:{}", " 198.51.100.7 ")
    ],
}


@pytest.mark.parametrize("kind", SPELLINGS)
def test_rotating_spellings_meet_the_limit_of_sixty(app, kind):
    visitor = PageClient(app)
    assert len(SPELLINGS[kind]) == 70
    statuses = [
        visitor.raw.get("/verificar", environ_base={"REMOTE_ADDR": spelling}).status_code
        for spelling in SPELLINGS[kind]
    ]
    assert set(statuses[:60]) == {200}
    assert set(statuses[60:]) == {429}
    assert visitor.raw.get("/verificar", environ_base={"REMOTE_ADDR": "198.51.100.8"}).status_code == 200


def test_a_session_keeps_the_address_without_its_port(app, make):
    someone = make.customer()
    browser = PageClient(app)
    browser.raw.environ_base["REMOTE_ADDR"] = "[2001:DB8:0:0::1]:51234"
    browser.submit(browser.get("/ingresar"), {"usuario": someone.username, "clave": PASSWORD})
    with app.app_context():
        assert db.session.scalars(select(UserSession.ip)).all() == ["2001:db8::1"]


@pytest.mark.parametrize(
    ("said", "address", "network"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:8080", "198.51.100.7", "198.51.100.7"),
        ("[2001:db8::1]:443", "2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::1", "2001:db8::/64"),
        ("2001:0DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.7"),
        ("64:ff9b::198.51.100.7", "198.51.100.7", "198.51.100.7"),
        ("::1", "::1", "::/64"),
        ("unknown", "unknown", "unknown"),
        ("", "", ""),
        (None, "", ""),
        ("x" * 200, "x" * 45, "x" * 45),
    ],
)
def test_who_a_visitor_is(said, address, network):
    assert (address_of(said), network_of(said)) == (address, network)

"""Who is asking, as commands and consents keep it."""

from flask import Flask

from portal.web.actor import actor


def test_what_a_proxy_says_is_kept_no_longer_than_an_address(app: Flask) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": "x" * 500}, headers={"User-Agent": "a" * 900}):
        found = actor()
    assert (len(found.ip), len(found.device)) == (45, 200)

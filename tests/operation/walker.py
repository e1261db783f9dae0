"""A browser without JavaScript over real HTTP, which remembers every secret that it was given."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin

import httpx
import lxml.html

from tests.processes import PATIENCE


class Walker:
    """`page` is where it stands. `secrets` are its cookies' values and what forms hid in themselves."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, follow_redirects=True)
        self.secrets: set[str] = set()
        self.page: httpx.Response

    def close(self) -> None:
        self._http.close()

    def go(self, path: str) -> httpx.Response:
        return self._came(self._http.get(path))

    def send(self, button: str | None = None, **fields: str) -> httpx.Response:
        """Fill the first form that has these fields and send it, by the button of that name if given."""
        document = lxml.html.document_fromstring(self.page.text)
        form = next(one for one in document.forms if one.method == "POST" and fields.keys() <= set(one.fields.keys()))
        values = dict(form.form_values()) | fields | ({button: "1"} if button else {})
        address = urljoin(str(self.page.url), form.action or "")
        return self._came(self._http.post(address, data=values))

    def options(self, field: str) -> list[str]:
        document = lxml.html.document_fromstring(self.page.text)
        offered = document.xpath(f'//select[@name="{field}"]/option/@value | //input[@name="{field}"]/@value')
        return [str(one) for one in offered if one]

    def _came(self, page: httpx.Response) -> httpx.Response:
        self.page = page
        self.secrets |= set(self._http.cookies.values())
        with suppress(lxml.etree.ParserError):
            hidden = lxml.html.document_fromstring(page.text).xpath('//input[@type="hidden"]/@value')
            self.secrets |= {str(value) for value in hidden if len(value) >= 16}
        return page

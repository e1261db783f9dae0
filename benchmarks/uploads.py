"""A photo sent and looked at, beside the decoder alone; and twenty files of 10 MB at once.

The page that takes them is one of the tests' (`tests/upload_page.py`), on a web server of its own with the portal's
settings: what is measured is reading, decoding and keeping, whoever the paper is of.
"""

from __future__ import annotations

import io
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import httpx
from PIL import Image, ImageChops

from benchmarks.stage import Served, Stage, served
from benchmarks.table import Row
from portal.domain.received_file import LARGEST
from portal.integrations import inspection
from tests.decoder.printed_pages import good
from tests.upload_page import ADDRESS

AT_ONCE = 20
_LOOKS = 40  # of a page, quiet and while they arrive
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def measure(stage: Stage, rounds: int, _seconds: float) -> list[Row]:
    env = stage.env | {"TRUSTED_PROXIES": "1"}  # each upload comes from an address of its own, as behind a proxy
    with served("tests.upload_page:portal()", env, stage.folder / "log") as server:
        return [*_one(stage, server, rounds), *_many(server, rounds)]


def photo(number: int) -> bytes:
    """A printed page of 12 megapixels and some 4 MB, as a telephone takes it; each number another."""
    page = good(number % 20 + 1).convert("L").resize((3000, 4000))
    grain = Image.effect_noise(page.size, 12 + random.Random(number).random())
    target = io.BytesIO()
    ImageChops.add(page, grain, 1, -128).convert("RGB").save(target, "JPEG", quality=88)
    return target.getvalue()


def _one(stage: Stage, server: Served, rounds: int) -> list[Row]:
    verdicts, decoded, judged, sizes = [], [], [], []
    sender = Sender(server.url, 0)
    sender.send(photo(0))
    for number in range(1, rounds + 1):
        data = photo(number)
        sizes.append(len(data) / 1e6)
        verdicts.append(_timed(lambda data=data: sender.send(data)))  # type: ignore[misc]
        decoded.append(_timed(lambda data=data: _decode(data, stage.folder)))  # type: ignore[misc]
        judged.append(_timed(lambda data=data: _decode(data, stage.folder, is_page=True)))  # type: ignore[misc]
    ratios = [one / alone for one, alone in zip(verdicts, decoded, strict=True)]
    return [
        Row("photo of 12 megapixels to verdict ÷ the decoder alone", ratios, at_most=1.5),
        Row("photo of 12 megapixels to verdict", verdicts, "s", at_most=3.0),
        Row("the decoder alone", decoded, "s"),
        Row("the decoder, that looks whether a page can be read", judged, "s"),
        Row("the photo", sizes, "MB"),
    ]


def _decode(data: bytes, folder: Path, *, is_page: bool = False) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with inspection.inspect(file, folder / "decoding", is_page=is_page):
            pass


def _many(server: Served, rounds: int) -> list[Row]:
    quiet, busy, grown, tries = [], [], [], []
    reader = httpx.Client(base_url=server.url, timeout=60, trust_env=False)
    # Who sends is a process of its own: in this one it would hold up the reader, and that would be measured.
    with ProcessPoolExecutor(1, get_context("forkserver")) as senders:
        for number in range(rounds):
            senders.submit(_prepare, 100 + number * AT_ONCE).result()
            quiet.append(statistics.median(_look(reader) for _ in range(_LOOKS)) * 1000)
            before = _resident(server)
            looks = []
            with Watch(server) as watch:
                sent = senders.submit(_send_prepared, server.url, 1 + number * AT_ONCE)
                while not sent.done():
                    looks.append(_look(reader))
            tries.append(sent.result())
            busy.append(statistics.median(looks) * 1000)
            grown.append(watch.most - before)
    return [
        Row(f"web memory while {AT_ONCE} files of 10 MB arrive, grown by", grown, "MB", at_most=64),
        Row("a page meanwhile ÷ quiet", [one / other for one, other in zip(busy, quiet, strict=True)], at_most=2.0),
        Row("the page, quiet", quiet, "ms"),
        Row("the page meanwhile", busy, "ms"),
        Row("times that each of them was sent", tries),
    ]


_prepared: list[bytes] = []


def _prepare(first: int) -> None:
    _prepared[:] = [photo(first + each).ljust(LARGEST, b"\0") for each in range(AT_ONCE)]


def _send_prepared(url: str, first: int) -> float:
    """All of them at once. How often each was sent, in the mean."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(Sender(url, first + each).send, data) for each, data in enumerate(_prepared)]
        return sum(one.result() for one in sent) / AT_ONCE


class Sender:
    """A browser at an address of its own, which sends again as js/uploads.js does when it is asked to wait."""

    def __init__(self, url: str, number: int) -> None:
        place = f"198.51.{number // 250}.{number % 250 + 1}"
        headers = {"Referer": url, "X-Forwarded-For": place}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=300, trust_env=False)
        found = _TOKEN.search(self._client.get(ADDRESS).text)
        assert found is not None
        self._token = found[1]

    def send(self, data: bytes) -> int:
        """How often it was sent until it was taken."""
        for tries in range(1, 200):
            form = {"csrf_token": self._token}
            answer = self._client.post(ADDRESS, data=form, files={"archivo": ("foto.jpg", data)})
            if answer.status_code == 303:
                return tries
            assert answer.status_code in {429, 503}, answer.text
            time.sleep(2)
        raise AssertionError("never taken")


class Watch:
    """What the web processes hold at most, in MB, while the block runs."""

    def __init__(self, server: Served) -> None:
        self._server, self.most = server, 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            self.most = max(self.most, _resident(self._server))


def _resident(server: Served) -> float:
    statuses = (Path(f"/proc/{pid}/status").read_text() for pid in server.workers())
    return sum(int(status.partition("VmRSS:")[2].split()[0]) for status in statuses) / 1024


def _look(reader: httpx.Client) -> float:
    return _timed(lambda: reader.get("/ingresar").raise_for_status())


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

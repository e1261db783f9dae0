"""Static files under an address that names their content, so a browser may keep them for a year.

A style sheet in `css/` is a list of `@import`s, one a subject, and is served as one file. It and the scripts in `js/`
are served without what only their readers need.

The whole tree shares one version, the hash of every name and byte in it: `/static/<version>/css/portal.css`. Relative
addresses inside a style sheet therefore stay right. A page loaded before a deploy still asks for the older version: it
gets today's file of that name, to be checked again, rather than a page without looks in mid-purchase.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from wsgiref.headers import Headers
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from portal.settings import settings_of

SOURCE = Path(__file__).parent.parent / "static"
SPRITE = "img/icons.svg"
_TYPES = {".webmanifest": "application/manifest+json"}  # which not every system's table knows
A_YEAR = "public, max-age=31536000, immutable"
_OTHER_VERSION = "otra"
_IMPORT = re.compile(r'@import "([^"]+)";')
_ADDRESS = re.compile(r"/static/(?P<version>[0-9a-f]{12})/(?P<name>.+)")


class UnknownAsset(LookupError):
    """A template asks for a static file, or an icon of the sprite, that does not exist."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What a template may ask for: the files of one version of the tree and the icons of the sprite."""

    version: str
    names: frozenset[str]
    icons: frozenset[str]

    @classmethod
    def of(cls, source: Path) -> "Assets":
        """Reads the tree once; later changes to it are not seen."""
        digest = hashlib.sha256()
        names = {file.relative_to(source).as_posix(): file for file in source.rglob("*") if file.is_file()}
        for name in sorted(names):
            content = names[name].read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        icons = re.findall(r'\bid="([^"]+)"', names[SPRITE].read_text()) if SPRITE in names else []
        return cls(digest.hexdigest()[:12], frozenset(names), frozenset(icons))

    def url(self, path: str) -> str:
        """Address of `css/portal.css`, or of one icon as `img/icons.svg#pencil`. Raises UnknownAsset."""
        name, _, icon = path.partition("#")
        if name not in self.names or (icon and icon not in self.icons):
            raise UnknownAsset(path)
        return f"/static/{self.version}/{path}"


class StaticFiles:
    """WSGI layer that answers /static/ before the application, compressed where that is smaller."""

    def __init__(self, application: WSGIApplication, folder: Path, version: str) -> None:
        self._version = version
        self._files = WhiteNoise(
            application, max_age=None, allow_all_origins=False, add_headers_function=_add_headers, mimetypes=_TYPES
        )
        for prefix in (version, _OTHER_VERSION):
            self._files.add_files(str(folder), prefix=f"static/{prefix}/")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if address and address["version"] != self._version:
            environ = {**environ, "PATH_INFO": f"/static/{_OTHER_VERSION}/{address['name']}"}
        answer: Iterable[bytes] = self._files(environ, start_response)
        return answer


def init_assets(app: Flask, source: Path = SOURCE) -> None:
    """Gives templates `asset(path)` and serves the tree; the compressed copy is kept in the data folder."""
    assets = Assets.of(source)
    app.jinja_env.globals["asset"] = assets.url
    folder = _compressed_copy(source, settings_of(app).data_folder / "static" / assets.version)
    app.wsgi_app = StaticFiles(app.wsgi_app, folder, assets.version)  # type: ignore[method-assign]  # Flask's way


def _compressed_copy(source: Path, target: Path) -> Path:
    """The tree with a .gz beside each file that gains by it. Processes that start together make it once."""
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as workplace:
        copy = Path(workplace) / target.name
        shutil.copytree(source, copy)
        for sheet in (copy / "css").glob("*.css"):
            sheet.write_text(_joined(sheet))
        for script in (copy / "js").glob("*.js"):
            script.write_text(str(jsmin(script.read_text())))
        compressor = Compressor(use_brotli=False, quiet=True)
        for file in [file for file in copy.rglob("*") if file.is_file()]:
            if compressor.should_compress(file.name):
                compressor.compress(str(file))
        try:
            os.rename(copy, target)
        except OSError:
            if not target.is_dir():  # another process was first: its copy is the same, by its name
                raise
    return target


def _joined(sheet: Path) -> str:
    """The sheet with its parts in their places, without comments and spaces. A part lies one folder below its sheet."""

    def part(found: re.Match[str]) -> str:
        return (sheet.parent / found[1]).read_text().replace("url(../", "url(")

    return str(cssmin(_IMPORT.sub(part, sheet.read_text())))


def _add_headers(headers: Headers, _path: str, url: str) -> None:
    headers["Cache-Control"] = "no-cache" if url.startswith(f"/static/{_OTHER_VERSION}/") else A_YEAR
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Referrer-Policy"] = "same-origin"

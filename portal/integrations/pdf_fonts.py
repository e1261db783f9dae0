"""The fonts that documents are set in, given to the PDF engine without installing them.

With `@font-face` the engine draws text as outlines: heavy, and nobody can search or copy it. A font that fontconfig
knows stays text, so the engine gets a fontconfig file of its own.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents" / "fonts"

# The system's fonts stay behind ours, for names in alphabets that ours does not draw.
_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@cache
def private_folder() -> Path:
    """A folder that only this user can enter, the same for every process, so that the font cache is made once."""
    folder = Path(tempfile.gettempdir()) / f"plataforma-cliente-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
        if not ours:  # somebody else got there first: their files could stand in for ours
            return Path(tempfile.mkdtemp(prefix="plataforma-cliente-"))
    return folder


def fontconfig_file() -> Path:
    """The fontconfig file that names our fonts first; written when it is not there yet, whole or not at all."""
    folder = private_folder()
    words = _CONFIGURATION.format(fonts=escape(str(FOLDER)), cache=escape(str(folder / "fontconfig")))
    target = folder / f"fonts-{hashlib.sha256(words.encode()).hexdigest()[:12]}.conf"
    if not target.exists():
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(words)
        os.replace(temporary, target)
    return target

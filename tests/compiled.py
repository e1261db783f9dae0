"""Templates compiled once for all processes of a run, instead of in each that comes to show them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

_FOLDER = "TESTS_COMPILED_TEMPLATES"


def share() -> None:
    """Every application that this process makes, and those that it starts, find and leave compiled templates in one
    folder; what was compiled from another source is not taken."""
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="templates-")
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[_FOLDER])}


def forget() -> None:
    """The run has ended."""
    shutil.rmtree(Path(os.environ.pop(_FOLDER)))

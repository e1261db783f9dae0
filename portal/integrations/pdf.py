"""HTML to PDF by wkhtmltopdf, without its surprises.

The engine reaches no network and no file, runs no script, ends in time together with its children, and what it gives
back is checked before anybody calls it a document.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator

import pdfkit
import pikepdf

from portal.integrations.pdf_fonts import fontconfig_file, private_folder
from portal.integrations.pdf_sheets import A4, Sheet
from portal.integrations.pdf_stamp import stamp

ENGINE = "wkhtmltopdf"
INSTALL_LINE = "apt-get install --no-install-recommends wkhtmltopdf"
TIMEOUT = 30.0

Process = subprocess.Popen[bytes]

# No --disable-… switch keeps the engine from fetching http addresses inside our network; a proxy at a port where nobody
# may listen without being root does. Images and style are inside the HTML, so nothing needs to be fetched.
_DEAD_PROXY = "http://127.0.0.1:9"

_OPTIONS = {
    "encoding": "UTF-8",
    "proxy": _DEAD_PROXY,
    "disable-local-file-access": "",
    "disable-javascript": "",
    "disable-plugins": "",
    "javascript-delay": "0",  # the default waits 200 ms for script that is not there
    "no-outline": "",
    "load-error-handling": "abort",
    "load-media-error-handling": "abort",
}

# The system kills the engine with the process that waits for it, which may be killed itself and end nothing. That
# holds from the moment it was asked for: a parent that had died by then is no longer ours.
_DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"']


class PdfError(Exception):
    """No document was made."""


class PdfEngineMissing(PdfError):
    """The engine is not installed. The message holds the line that installs it."""


class PdfTimeout(PdfError):
    """The engine did not end in time and was killed with its children."""


class PdfFailed(PdfError):
    """The engine ended with an error, or what it wrote is not a whole PDF."""


def engine_path(engine: str = ENGINE) -> str:
    """Where the engine is. Raises PdfEngineMissing."""
    found = shutil.which(engine)
    if found is None:
        raise PdfEngineMissing(f"{engine} is not installed: {INSTALL_LINE}")
    return found


def command(*, sheet: Sheet = A4, engine: str = ENGINE) -> list[str]:
    """The command that turns HTML, given on its input, into a PDF on its output. Raises PdfEngineMissing."""
    configuration = pdfkit.configuration(wkhtmltopdf=engine_path(engine), environ={"LANG": "C.UTF-8"})
    # pdfkit takes <meta name="pdfkit-…"> in the HTML for options (CVE-2025-26240): it is shown none.
    built: list[str] = pdfkit.PDFKit(
        "", "string", options=_OPTIONS | sheet.options, configuration=configuration
    ).command()
    return built


def environment() -> dict[str, str]:
    """All that the engine learns of our environment: no setting and no secret."""
    folder = str(private_folder())
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": folder,
        "XDG_RUNTIME_DIR": folder,
        "QT_QPA_PLATFORM": "offscreen",
        "FONTCONFIG_FILE": str(fontconfig_file()),
    }


def render_pdf(
    html: str,
    *,
    title: str,
    number: str,
    footer: str,
    sheet: Sheet = A4,
    timeout: float = TIMEOUT,
    engine: str = ENGINE,
) -> bytes:
    """A PDF of `html`, of that title and number, with `footer` and the page number on each sheet, or without a foot
    where `footer` is empty; `timeout` in seconds.

    Raises PdfEngineMissing, PdfTimeout or PdfFailed.
    """
    raw = run_engine(command(sheet=sheet, engine=engine), html, timeout)
    return finished(raw, title=title, number=number, footer=footer)


def run_engine(arguments: list[str], html: str, timeout: float) -> bytes:
    """What the engine writes for `html`. Raises PdfTimeout or PdfFailed."""
    with begun(arguments) as process:
        return output(process, html, timeout=timeout)


@contextlib.contextmanager
def begun(arguments: list[str]) -> Iterator[Process]:
    """The engine before there is anything to print: it takes 20 ms to get ready, in which the HTML can be written.
    Whatever fails meanwhile, no process of it is left."""
    with subprocess.Popen(  # noqa: S603  a program found by ourselves, and no shell
        [*_DIES_WITH_US, str(os.getpid()), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,  # its own process group, so that its children can be killed with it
    ) as process:
        try:
            yield process
        except BaseException:
            _kill_group(process)
            raise


def output(process: Process, html: str, *, timeout: float = TIMEOUT) -> bytes:
    """What an engine that was begun writes for `html`. Raises PdfTimeout or PdfFailed."""
    try:
        written, complaint = process.communicate(html.encode(), timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise PdfTimeout(f"{ENGINE} did not end in {timeout:g} s") from error
    if process.returncode != 0:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise PdfFailed(f"{ENGINE} ended with {process.returncode}: {last[0][:200]}")
    return written


def finished(raw: bytes, *, title: str, number: str, footer: str) -> bytes:
    """What the engine wrote with what is added to it (`render_pdf`). Raises PdfFailed for what is no whole PDF."""
    with _whole(raw) as pdf:
        return stamp(pdf, title=title, number=number, footer=footer)


def _kill_group(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _whole(raw: bytes) -> pikepdf.Pdf:
    """The PDF in `raw`. A cut one is refused: it is never repaired into something shorter."""
    if not raw.startswith(b"%PDF-") or b"%%EOF" not in raw[-32:]:
        raise PdfFailed(f"{ENGINE} wrote {len(raw)} bytes that are not a whole PDF")
    try:
        pdf = pikepdf.open(io.BytesIO(raw), attempt_recovery=False)
    except pikepdf.PdfError as error:
        raise PdfFailed(f"{ENGINE} wrote a damaged PDF: {error}") from error
    if not pdf.pages:
        pdf.close()
        raise PdfFailed(f"{ENGINE} wrote a PDF without pages")
    return pdf

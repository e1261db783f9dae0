"""The lines that every process writes: one JSON object each, on standard output.

What a line may hold is decided here, for our own lines and those of libraries alike. An exception tells its kind and
where it was raised, never its words, and a library's message loses what was filled into it: either may quote a name, an
address, a code or a token (docs/rules.md, Access, 5.10). Our own lines name ids, amounts and states only.
"""

import logging
import os
import re
import sys
import threading
from types import TracebackType
from typing import Any, TextIO

import structlog
from jinja2 import TemplateError
from structlog.stdlib import ProcessorFormatter
from structlog.types import EventDict, Processor

_OURS = ("portal", "workers")
_HARMLESS_LIBRARIES = ("alembic.runtime.migration",)  # its lines name revisions
_TELLS_NOBODY = (ImportError, NameError, AttributeError, TemplateError)  # their words are of code
_PLAIN_WORDS = re.compile(r"(?:[A-Za-z_]+(?:\s|$))*")
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def configure_logs(level: str) -> None:
    """Write this process's lines of `level` and above; those of libraries only from WARNING on, since below it they
    write down addresses, headers and statements."""
    numeric = logging.getLevelNamesMapping()[level]
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one, _StandardOutput)] + [_StandardOutput()]
    root.setLevel(max(numeric, logging.WARNING))
    for name in (*_OURS, *_HARMLESS_LIBRARIES):
        logging.getLogger(name).setLevel(numeric)
    structlog.configure(
        processors=[*_COMMON, *_WRITTEN],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=_OwnLines,
        cache_logger_on_first_use=False,
    )


def log_uncaught() -> None:
    """Write an exception that ends this process, or one of its threads, as a line like any other."""
    log = structlog.get_logger(__name__)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("uncaught", exc_info=(kind, error, trace))

    def uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def request_id() -> str | None:
    """The id of the request that the present work is for, wherever it runs."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Asks for the stream at each line: a command's own words own standard output, and a test may have put another
    stream in its place."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(
            ProcessorFormatter(
                foreign_pre_chain=[_without_values, *_COMMON],
                pass_foreign_args=True,
                processors=[ProcessorFormatter.remove_processors_meta, *_WRITTEN],
            )
        )

    def filter(self, record: logging.LogRecord) -> bool:
        # Whatever level a library gives its own loggers.
        ours = record.name.partition(".")[0] in (*_OURS, *_HARMLESS_LIBRARIES)
        return (ours or record.levelno >= logging.WARNING) and bool(super().filter(record))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # looked up for each line
        return _stream()


class _OwnLines:
    """Where our own lines end: not in logging's records, which would double what each costs a request."""

    def __init__(self, *_name: str) -> None:
        pass

    def msg(self, line: str) -> None:
        stream = _stream()
        stream.write(line + "\n")  # at once: other threads write too
        stream.flush()

    debug = info = warning = error = critical = exception = msg


def _stream() -> TextIO:
    return sys.stderr if os.environ.get("FLASK_RUN_FROM_CLI") else sys.stdout


def _without_words(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Tell an exception by its kind and the places it came through, and so what caused it."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if given and error is None:
        error = sys.exc_info()[1]
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < 5:
        chain.append({"kind": _kind(error), "at": _places(error.__traceback__)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if chain:
        event["exception"] = chain
    return event


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, _TELLS_NOBODY):
        return f"{name}: {error}"
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"{name}: {os.strerror(error.errno)}"
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{name}: {state}" if state else name


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.removeprefix(_ROOT)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-20:]


def _without_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's message, with numbers filled in and nothing else."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    args = event.pop("positional_args", None)
    if record.name.partition(".")[0] not in _HARMLESS_LIBRARIES:
        event["event"] = _message(record.msg, args)
        event["at"] = f"{record.module}:{record.lineno}"
    return event


def _message(template: object, args: object) -> str:
    if not isinstance(template, str):
        return type(template).__name__
    if isinstance(args, tuple) and args:
        kept = tuple(value if isinstance(value, int | float) else "…" for value in args)
        try:
            return template % kept
        except (TypeError, ValueError):
            return template
    # Nothing tells what was written into a finished text: the plain words that it begins with.
    words = _PLAIN_WORDS.match(template)
    return words[0].strip() if words else ""


_COMMON: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_WRITTEN: list[Processor] = [_without_words, structlog.processors.JSONRenderer(ensure_ascii=False)]

"""The test files that took longest, at the end of a run: where time can be saved."""

from __future__ import annotations

from collections import Counter

import pytest

MOST = 10


class Dearest:
    """Adds up what each test took, in whichever process it ran."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid.partition("::")[0]] += report.duration  # type: ignore[assignment]  # seconds

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if len(self._seconds) > MOST:
            terminalreporter.section(f"the {MOST} files that took longest, in seconds")
            for file, seconds in self._seconds.most_common(MOST):
                terminalreporter.write_line(f"{seconds:7.1f} {file}")

"""The table at the end: what the deploy policy was held against."""

from typing import Any

COLUMNS = ("role", "calls", "authorizations", "refused", "actions", "unused")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows = [
        (report.nodeid.partition("[")[2].rstrip("]"), numbers)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, numbers in report.user_properties
        if name == "deploy-policy" and report.when == "call"
    ]
    if rows:
        terminalreporter.section("deploy policy: calls of terraform against what it allows")
        terminalreporter.line(f"{'settings':42}" + "".join(f"{column:>16}" for column in COLUMNS))
        for settings, numbers in rows:
            terminalreporter.line(f"{settings:42}" + "".join(f"{numbers[column]:>16}" for column in COLUMNS))

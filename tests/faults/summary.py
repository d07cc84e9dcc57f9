"""The table of injected faults at the end of a run of tests."""

from collections import Counter
from typing import Any

import pytest

PROPERTY = "fault"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Faults of the tests that passed: each left its target old or new, whole, and the rerun converged."""
    faults: list[Any] = []
    for report in terminalreporter.stats.get("passed", []):
        faults += [fault for name, fault in getattr(report, "user_properties", ()) if name == PROPERTY]
    if not faults:
        return
    counts = Counter((kind, family) for family, kind, _ in faults)
    families = sorted({family for _, family in counts})
    kinds = sorted({kind for kind, _ in counts})
    widest = max(map(len, kinds))
    terminalreporter.section(f"{len(faults)} faults injected: nothing torn, nothing lost, nothing left over")
    terminalreporter.write_line(" " * widest + "".join(f"  {family}" for family in families))
    for kind in kinds:
        cells = "".join(f"  {counts[kind, family] or '':>{len(family)}}" for family in families)
        terminalreporter.write_line(f"{kind:<{widest}}{cells}")

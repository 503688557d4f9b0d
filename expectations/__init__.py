"""The data quality checks, what each guards, and what happens when one fails.

``run_gate`` runs the checks of one gate, ``write_results`` keeps what came of them, ``expectations.alerts`` tells
people. Great Expectations is imported when a gate runs, not before.
"""

from expectations.gate import run_gate
from expectations.model import GATES, Check, CheckResult, Gate, Sample, may_publish
from expectations.quarantine import Screening, screen
from expectations.results import write_results

__all__ = [
    "GATES",
    "Check",
    "CheckResult",
    "Gate",
    "Sample",
    "Screening",
    "may_publish",
    "run_gate",
    "screen",
    "write_results",
]

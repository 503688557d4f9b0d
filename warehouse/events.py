"""Events of a run, for whoever started it and watches: one JSON line each on a file descriptor.

The descriptor's number stands in ``CITYREPORTS_PROGRESS``; where nobody set it (a scheduler's worker),
nothing is said.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any

CHANNEL = "CITYREPORTS_PROGRESS"


def emit(event: str, **values: Any) -> None:
    """Tell ``event`` with its values."""
    channel = os.environ.get(CHANNEL)
    if channel:
        line = json.dumps({"event": event, **values}, ensure_ascii=False, default=str) + "\n"
        with contextlib.suppress(
            OSError
        ):  # nobody listens any more; that the parent is gone is noticed elsewhere
            os.write(int(channel), line.encode())

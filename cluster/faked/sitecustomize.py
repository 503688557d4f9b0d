"""Loaded by each Python of a night under `faketime` (on its PYTHONPATH): there `time.sleep` always fails with EINVAL, since
Python sleeps until a monotonic time and libfaketime (0.9.10) takes that for one of the faked clock. It is no fault of a
night that its clock is off, so let it sleep in another way."""

import select
import time


def sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = sleep

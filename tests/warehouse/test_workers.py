from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extraction.model import DocumentError
from warehouse.workers import CannotStart, guarded, more_time, read_all


def behave(item: str) -> str:
    match item.partition(":"):
        case ("sleep", _, seconds):
            time.sleep(float(seconds))
        case ("slow", _, seconds):
            more_time(float(seconds))
            time.sleep(5.0)
        case ("spin", _, _):
            while True:
                pass
        case ("deaf", _, _):
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            time.sleep(600)
        case ("swallow", _, _):
            while True:
                try:
                    time.sleep(600)
                except Exception:
                    continue
        case ("memory", _, _):
            return "x" * 3_000_000_000
        case ("die", _, _):
            os.kill(os.getpid(), signal.SIGKILL)
        case ("die-once", _, marker) if not Path(marker).exists():
            Path(marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case ("refuse", _, reason):
            raise DocumentError(reason, "as told")
        case ("bug", _, _):
            raise ZeroDivisionError("oops")
        case ("deep", _, _):
            return behave("deep")
    return item.upper()


def run(items: list[str], jobs: int = 2, seconds: float = 0.3) -> list[tuple[str, str | None, str | None]]:
    found = read_all(behave, items, jobs=jobs, seconds=seconds)
    return [(d.item, d.result, d.error.reason if d.error else None) for d in found]


def test_results_come_in_the_order_of_the_items() -> None:
    items = ["sleep:0.3", *(f"t{n}" for n in range(30))]
    assert [(item, result) for item, result, _ in run(items)] == [(i, i.upper()) for i in items]


@pytest.mark.slow
def test_a_document_that_says_so_may_take_longer_by_the_clock_and_no_longer_than_it_said() -> None:
    # 0.3 s six times over, and two to say so, would end at 3.8 s.
    assert run(["slow:4", "slow:0.5", "a"], jobs=2) == [
        ("slow:4", "SLOW:4", None),
        ("slow:0.5", None, "took_too_long"),
        ("a", "A", None),
    ]
    assert guarded(behave, "slow:4", 0.3).result == "SLOW:4"
    before = signal.getitimer(signal.ITIMER_REAL)
    more_time(100)  # outside of a document it changes nothing
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= before[0]


def test_each_bad_document_costs_only_itself() -> None:
    items = ["a", "spin", "deaf", "swallow", "b", "memory", "die", "refuse:needs_ocr", "bug", "deep", "c"]
    assert run(items) == [
        ("a", "A", None),
        ("spin", None, "took_too_long"),
        ("deaf", None, "took_too_long"),
        ("swallow", None, "took_too_long"),
        ("b", "B", None),
        ("memory", None, "too_large"),
        ("die", None, "damaged"),
        ("refuse:needs_ocr", None, "needs_ocr"),
        ("bug", None, "reader_failed"),
        ("deep", None, "damaged"),
        ("c", "C", None),
    ]


def test_a_document_whose_process_was_killed_for_another_s_sake_is_read(tmp_path: Path) -> None:
    """When memory is short the kernel ends any process; what that one was reading is not damaged."""
    item = f"die-once:{tmp_path / 'died'}"
    assert run(["a", item, "b"]) == [("a", "A", None), (item, item.upper(), None), ("b", "B", None)]


def test_a_defect_names_its_place() -> None:
    error = guarded(behave, "bug", 1.0).error
    assert error is not None
    assert "ZeroDivisionError: oops (test_workers.py:" in error.detail


def test_in_process_the_deadline_holds_too() -> None:
    before = signal.getsignal(signal.SIGALRM)
    done = guarded(behave, "swallow", 0.1)
    assert done.error is not None
    assert done.error.reason == "took_too_long"
    assert signal.getsignal(signal.SIGALRM) is before


def fail() -> None:
    raise RuntimeError("no catalogue")


def test_processes_that_cannot_start_are_no_document_s_fault() -> None:
    with pytest.raises(CannotStart):
        list(read_all(behave, ["a", "b"], jobs=2, seconds=1.0, prepare=fail))


def test_items_are_taken_only_as_they_are_needed() -> None:
    taken = []

    def items():
        for n in range(1000):
            taken.append(n)
            yield f"t{n}"

    results = read_all(behave, items(), jobs=2, seconds=5.0)
    for _ in range(10):
        next(results)
    assert len(taken) < 40
    results.close()


def test_no_items_start_no_process() -> None:
    start = time.monotonic()
    assert run([]) == []
    assert time.monotonic() - start < 0.2


@pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_its_parent(how: signal.Signals) -> None:
    code = (
        "import os, warehouse.workers as w, tests.warehouse.test_workers as t\n"
        "for d in w.read_all(t.behave, ['a', 'b', 'sleep:100', 'sleep:100'], jobs=2, seconds=200):\n"
        "    print(d.item, flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.stdout.readline()
    children = descendants(parent.pid)
    assert len(children) >= 3  # two workers and the fork server
    parent.send_signal(how)
    parent.wait(20)
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in children if alive(pid)] == []


def descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


CELERY = """
import os, sys
import billiard
from tests.warehouse.test_workers import behave
from warehouse.workers import read_all

def task():
    # Airflow's supervisor forks once more, and the task runs in that process.
    child = os.fork()
    if child == 0:
        found = [done.result for done in read_all(behave, ["say:a", "say:b", "say:c"], jobs=2, seconds=5)]
        print(found, billiard.current_process().daemon, flush=True)
        os._exit(0)
    os.waitpid(child, 0)

if __name__ != "__main__":
    raise RuntimeError("Airflow's main program does not load where a task runs")
else:
    worker = billiard.Process(target=task)
    worker.daemon = True  # as in Celery's pool
    worker.start()
    worker.join()
"""


def test_a_task_of_a_celery_worker_may_read_in_parallel(tmp_path: Path) -> None:
    script = tmp_path / "celery_task.py"
    script.write_text(CELERY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "['SAY:A', 'SAY:B', 'SAY:C'] True", done.stderr

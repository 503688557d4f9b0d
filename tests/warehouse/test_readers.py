"""Nobody who reads notices that something is published, but by what it says."""

from __future__ import annotations

from pathlib import Path

from bench.readers import readers_during_publish


def test_readers_never_fail_and_never_see_two_versions_at_once(tmp_path: Path) -> None:
    """The short form of the measure `readers`: 50 processes and 100 publications there."""
    figures = readers_during_publish(tmp_path, readers=4, publishes=12)
    assert figures["errors"] == 0
    assert figures["queries"] > 20
    assert figures["most_versions_seen"] > 2

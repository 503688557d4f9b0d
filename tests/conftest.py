"""Fixtures that every room shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real reports beside the checkout; without it the test is skipped, and fails under CI."""
    folder = SHARED / "corpus"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing, and CI must not pass without it")
        pytest.skip(f"{folder} is not there")
    return folder

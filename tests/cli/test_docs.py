"""docs/commands.md says what the command line says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "commands.md"


def made() -> str:
    command = [
        Path(sys.executable).with_name("typer"),
        "warehouse.cli",
        "utils",
        "docs",
        "--name",
        "cityreports",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=60).stdout


def test_the_page_of_commands_is_what_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == made(), (
        "the command line has changed; make the page again: python -m tests.cli.test_docs"
    )


if __name__ == "__main__":
    PAGE.write_text(made(), encoding="utf-8")

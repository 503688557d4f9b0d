"""Print the path of a Python that the project runs on (3.11 or 3.12), or say what is missing.

Looks at the interpreter it runs under first, then at python3.12 and python3.11 on the PATH.
"""

import os
import shutil
import subprocess
import sys

SUPPORTED = ((3, 11), (3, 12))


# ruff: noqa: UP032 - runs under whatever Python there is, also one without f-strings


def works(path):
    """True where `path` is an interpreter of a supported version that really starts (pyenv shims may not)."""
    probe = "import sys; sys.exit(0 if sys.version_info[:2] in {!r} else 1)".format(SUPPORTED)
    try:
        run = subprocess.run([path, "-c", probe], capture_output=True, timeout=20)  # noqa: S603 - our own probe
        return run.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main():
    candidates = [sys.executable, shutil.which("python3.12"), shutil.which("python3.11")]
    for path in candidates:
        if path and works(path):
            print(os.path.realpath(path))
            return 0
    found = sys.version.split()[0]
    sys.stderr.write(
        "cityreports needs Python 3.11 or 3.12; found {}. Install one, or: make PYTHON=/path/to/python3.11\n".format(
            found
        )
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())

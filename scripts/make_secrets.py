"""`make secrets`: write .env with a value of its own for every secret that docker-compose.yml requires.

What stands in .env already is kept: run again after an upgrade, it adds only what is new. Plain Python, since it runs
before anything is installed.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_REQUIRED = re.compile(r"\$\{(\w+):\?")
_SET = re.compile(r"^\s*(?:export\s+)?(\w+)=(.+)$", re.M)


def required(compose: str) -> list[str]:
    """Variables without which the compose file refuses to start."""
    return sorted(set(_REQUIRED.findall(compose)))


def made(name: str) -> str:
    """A new secret. Passwords are hexadecimal: they stand in URLs. 64 characters: keys that sign tokens want no less."""
    if name == "AIRFLOW_FERNET_KEY":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(32)


def write(env: Path, names: list[str]) -> list[str]:
    """Add what is missing to ``env`` (readable by its owner alone); returns the names that were added."""
    text = env.read_text(encoding="utf-8") if env.is_file() else ""
    held = {name for name, _ in _SET.findall(text)}
    missing = [name for name in names if name not in held]
    if missing:
        lines = text.splitlines() + [f"{name}={made(name)}" for name in missing]
        draft = env.with_name(f"{env.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        draft.replace(env)
    if env.is_file():
        env.chmod(0o600)
    return missing


def main() -> int:
    """0, also when there was nothing to add."""
    env = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".env"
    added = write(env, required((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    print(f"{env}: made {', '.join(added)}" if added else f"{env}: nothing to add")
    return 0


if __name__ == "__main__":
    sys.exit(main())

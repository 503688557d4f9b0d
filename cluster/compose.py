"""docker-compose.yml, read for starting its services without a container engine.

Commands, environments and health checks are those of the file. What stands in for the engine is the mapping of
``Places``: service names to loopback addresses, paths of the image to folders. So what is tested cannot drift
from what is deployed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from podman_compose import rec_subs

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docker-compose.yml"

_REQUIRED = re.compile(r"\$\{(\w+):\?")

#: The image that the project builds; services of it are ours.
OURS = "cityreports:"


@dataclass(frozen=True, slots=True)
class Places:
    """What stands in for names and paths of the deployment.

    hosts  "postgres:5432" → "127.0.0.1:40001"
    paths  "/data" → a folder; longer ones win
    """

    hosts: Mapping[str, str]
    paths: Mapping[str, Path]

    def put(self, text: str) -> str:
        """``text`` with all of them put in."""
        for name, address in self.hosts.items():
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?!\d)", address, text)
        for path in sorted(self.paths, key=len, reverse=True):
            text = re.sub(rf"(?<![\w./-]){re.escape(path)}(?=/|$)", str(self.paths[path]), text)
        return text


@dataclass(frozen=True, slots=True)
class Service:
    """One service: what runs, under which variables, and the command that tells whether it is well."""

    name: str
    ours: bool
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: tuple[str, ...]

    def at(self, places: Places) -> Service:
        """The same with ``places`` put in."""
        return Service(
            self.name,
            self.ours,
            tuple(map(places.put, self.command)),
            {key: places.put(value) for key, value in self.environment.items()},
            tuple(map(places.put, self.health)),
        )


def required(text: str) -> list[str]:
    """Variables without which the file refuses to start."""
    return sorted(set(_REQUIRED.findall(text)))


def made_up(names: list[str]) -> dict[str, str]:
    """A value of its own for each secret, as `make secrets` makes them."""
    import base64

    made = {name: secrets.token_hex(32) for name in names}
    if "AIRFLOW_FERNET_KEY" in made:
        made["AIRFLOW_FERNET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return made


def services(variables: Mapping[str, str], file: Path = FILE) -> dict[str, Service]:
    """The services by name, with ``variables`` put in.

    Raises ValueError where a required variable is missing.
    """
    content: dict[str, Any] = rec_subs(yaml.safe_load(file.read_text(encoding="utf-8")), dict(variables))
    found = {}
    for name, entry in content["services"].items():
        health = (entry.get("healthcheck") or {}).get("test") or [""]
        found[name] = Service(
            name,
            str(entry.get("image", "")).startswith(OURS),
            tuple(map(_text, entry.get("command") or ())),
            _environment(entry.get("environment") or {}, variables),
            ("sh", "-c", *health[1:]) if health[0] == "CMD-SHELL" else tuple(health[1:]),
        )
    return found


def _environment(declared: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """A variable without a value is handed through where it is set, and is not there where it is not."""
    handed = {key: variables[key] for key, value in declared.items() if value is None and key in variables}
    return {key: _text(value) for key, value in declared.items() if value is not None} | handed


def _text(value: Any) -> str:
    return str(value)

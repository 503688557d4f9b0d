"""Parse docker-compose.yml as an engine would, without one: variables, merges, then the Compose Specification.

Variables are filled in by podman-compose's own code, the result is read by compose-spec (a parser of the whole
specification: an unknown key, a wrong type or a port that is none is an error). Then each required secret is left
out in turn: the file must refuse to start without it. Last come rules of this house: no password with a default, health
checks, rotated logs, pinned images, ports on loopback only.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from compose_spec import PyCompose
from podman_compose import rec_subs

FILE = Path(__file__).resolve().parent.parent / "docker-compose.yml"

#: Names of variables that hold secrets.
_SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY\b|ROOT_USER|CREDENTIAL")

_DEFAULTED = re.compile(r"\$\{(\w+):?-")

_REQUIRED = re.compile(r"\$\{(\w+):\?")


def parse(text: str, variables: dict[str, str]) -> Any:
    """The file with its variables filled in. Raises ValueError where it is no valid Compose file, or where a
    variable that it requires is missing."""
    filled = _filled(yaml.safe_load(text), variables)
    return PyCompose.from_yaml(yaml.safe_dump(filled, allow_unicode=True))


def _filled(value: Any, variables: dict[str, str]) -> Any:
    """podman-compose makes classes for each string that it looks at: it is shown those that have a variable."""
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    return rec_subs(value, variables) if isinstance(value, str) and "$" in value else value


def problems(text: str) -> list[str]:
    """What is wrong with the file, in words."""
    required = sorted(set(_REQUIRED.findall(text)))
    secrets = dict.fromkeys(required, "a-secret")
    try:
        compose = parse(text, secrets)
    except ValueError as error:
        return [str(error)]
    found = []
    for name in required:
        try:
            parse(text, {key: value for key, value in secrets.items() if key != name})
        except ValueError:
            continue
        found.append(f"starts without {name}, which it calls required")
    services = set(compose.service_names())
    content = compose.to_dict()
    for name, service in content["services"].items():
        needed = service.get("depends_on") or {}
        found += [
            f"{name} depends on {other}, which is no service" for other in needed if other not in services
        ]
        if "restart" not in service:
            found.append(f"{name} does not say whether it is restarted")
    for name, service in yaml.safe_load(text)["services"].items():
        found += _breaches(name, service)
    return found


def _breaches(name: str, service: dict[str, Any]) -> list[str]:
    """Rules of the house that a service as written (variables not filled in) does not keep."""
    found = []
    if service.get("restart") != "no" and not service.get("healthcheck"):
        found.append(f"{name} stays up and has no healthcheck")
    if not (service.get("logging") or {}).get("options", {}).get("max-size"):
        found.append(f"{name} does not rotate its log")
    if "build" not in service and not re.search(r":[^:/]*\d", str(service.get("image", ""))):
        found.append(f"{name} names no version of its image")
    if service.get("privileged"):
        found.append(f"{name} is privileged")
    for port in service.get("ports", ()):
        if not str(port).startswith("127.0.0.1:"):
            found.append(f"{name} listens beyond this machine: {port}")
    for variable, value in (service.get("environment") or {}).items():
        words = str(value)
        secret = _SECRET.search(variable) or re.search(r"://[^/]*@", words)
        if value is not None and secret and not variable.endswith("_FILE") and not _REQUIRED.search(words):
            found.append(f"{name}: {variable} is a secret and must be ${{…:?}}")
        for default in _DEFAULTED.findall(words):
            if _SECRET.search(default):
                found.append(f"{name}: {default} is a secret and has a default")
    return found


def main() -> int:
    """0 when the file is sound."""
    found = problems(FILE.read_text(encoding="utf-8"))
    for problem in found:
        print(f"{FILE.name}: {problem}", file=sys.stderr)
    if not found:
        print(f"{FILE.name}: valid")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

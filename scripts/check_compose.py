"""Parse docker-compose.yml as an engine would, without one: variables, merges, then the Compose Specification.

Variables are filled in by podman-compose's own code, the result is read by compose-spec (a parser of the whole
specification: an unknown key, a wrong type or a port that is none is an error). Then each required secret is left
out in turn: the file must refuse to start without it.
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

_REQUIRED = re.compile(r"\$\{(\w+):\?")


def parse(text: str, variables: dict[str, str]) -> Any:
    """The file with its variables filled in. Raises ValueError where it is no valid Compose file, or where a
    variable that it requires is missing."""
    filled = rec_subs(yaml.safe_load(text), variables)
    return PyCompose.from_yaml(yaml.safe_dump(filled, allow_unicode=True))


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

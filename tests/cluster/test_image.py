"""What can be known of the image without building it: a build that cannot work is seen here."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import yaml

from cluster.compose import FILE, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def copied() -> list[str]:
    """What the Dockerfile copies out of the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M)
    return [name for line in lines for name in line.split()[:-1]]


def test_what_is_copied_is_there_and_let_through() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert rules[0] == "*"
    let = {rule[1:] for rule in rules if rule.startswith("!")}
    assert set(copied()) == let
    assert [name for name in copied() if not (ROOT / name).exists()] == []


def test_every_package_of_the_wheel_is_copied() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= set(copied())


def test_the_image_is_built_by_the_uv_that_developers_have() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    version = re.search(r"^UV_VERSION := (\S+)$", makefile, re.M)
    assert version
    assert f"uv=={version[1]}" in DOCKERFILE


def test_it_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.M)
    assert users
    assert users[-1] == "cityreports"


def test_folders_under_volumes_belong_to_its_user() -> None:
    """A new volume takes its owner from the folder of the image that it covers; none there, and root owns it."""
    made = re.search(r"install --directory --owner cityreports (.+?)\n(?=\S)", DOCKERFILE, re.S)
    assert made
    folders = set(made[1].replace("\\", " ").split())
    worker = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]["worker"]
    targets = {volume.split(":")[1] for volume in worker["volumes"]}
    assert targets <= folders


def test_readers_server_mounts_only_what_is_theirs() -> None:
    nginx = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]["nginx"]
    sources = {volume.split(":")[0] for volume in nginx["volumes"]}
    assert {name for name in sources if not fnmatch(name, "./*")} == {"published", "exports", "runs"}
    assert all(volume.endswith(":ro") for volume in nginx["volumes"])

"""Settings: defaults, then ``cityreports.toml``, then ``CITYREPORTS_*`` variables, then the command line.

Kept free of heavy imports: every command reads settings, and `cityreports extract` must start at once.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

PREFIX = "CITYREPORTS_"

#: Set by the pipeline itself for dbt and Airflow; not for people, but no mistake either.
_INTERNAL = frozenset({"BUILD_DB", "BUILD_MEMORY", "PROGRESS"})

_BETWEEN_URLS = re.compile(r"[,\s]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")

CHECKOUT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """A setting that cannot be used; the message names it, where it came from, and what would do."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder in object storage (``url``), and the local folder in which copies of its files are kept."""

    url: str
    mirror: Path

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set. Each field is a key of ``cityreports.toml`` and, in capitals with the prefix
    ``CITYREPORTS_``, a variable of the environment."""

    home: Path = field(default=CHECKOUT / "data", metadata={"help": "where everything is kept"})
    archive_url: str = field(
        default="", metadata={"help": "keep the archive there and not in the home: any fsspec URL (s3://…)"}
    )
    staging_url: str = field(
        default="", metadata={"help": "keep staging there and not in the home: any fsspec URL (s3://…)"}
    )
    publish_url: str = field(
        default="", metadata={"help": "put a copy of each published file there, too: any fsspec URL (s3://…)"}
    )
    sources: Path | None = field(
        default=None, metadata={"help": "folder of source files; default: those that come with the project"}
    )
    jobs: int = field(default=0, metadata={"help": "parallel parsers; 0 means one for each core"})
    contact: str = field(
        default="", metadata={"help": "address or URL that the User-Agent names, for site owners"}
    )
    alert_urls: tuple[str, ...] = field(
        default=(), metadata={"help": "channels for alerts: Apprise URLs or https:// webhooks"}
    )
    document_seconds: float = field(
        default=5.0, metadata={"help": "longest time to read one document; then it is quarantined"}
    )
    document_megabytes: int = field(default=64, metadata={"help": "largest document that is read"})
    retries: int = field(default=3, metadata={"help": "how often a task that broke is tried again"})
    retry_seconds: float = field(
        default=60.0, metadata={"help": "wait before the first retry of a task; doubles each time"}
    )
    history: int = field(default=5, metadata={"help": "published files kept for roll-back"})
    compact_after: int = field(default=40, metadata={"help": "staging files of one table before compaction"})
    memory_megabytes: int = field(default=1280, metadata={"help": "memory that the build may use"})

    @property
    def archive(self) -> Path | str:
        """A folder, or the URL that takes its place."""
        return self.archive_url or self.home / "archive"

    @property
    def staging(self) -> Path | Remote:
        """A folder, or what takes its place."""
        if self.staging_url:
            return Remote(self.staging_url, self.home / "cache" / "staging")
        return self.home / "staging"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def build_database(self) -> Path:
        return self.home / "build" / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.home / "published" / "cityreports.duckdb"

    @property
    def airflow(self) -> Path:
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def parsers(self) -> int:
        """Number of parser processes: the setting, or the cores this process may use."""
        if self.jobs:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)

    def at(self, home: Path) -> Settings:
        """The same settings for another home, which keeps everything to itself: what lies under a URL belongs to
        this one."""
        return replace(self, home=home.expanduser().resolve(), archive_url="", staging_url="", publish_url="")


def load_settings(
    environ: Mapping[str, str] | None = None, *, home: Path | None = None, file: Path | None = None
) -> Settings:
    """Settings from the file, the environment and ``home``, later ones winning.

    ``file`` defaults to ``cityreports.toml`` in the working directory, where it exists.

    Raises SettingsError for an unknown or an unusable setting.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    path = file if file is not None else Path("cityreports.toml")
    if file is not None or path.is_file():
        values.update(_from_file(path))
    known = {f.name for f in fields(Settings)}
    for name, raw in environ.items():
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        if key in _INTERNAL or not raw:
            continue
        if key.lower() not in known:
            raise SettingsError(_unknown(name, f"{PREFIX}{{}}", known, "the environment"))
        values[key.lower()] = _convert(key.lower(), raw, f"{name} in the environment")
    if home is not None:
        values["home"] = home
    values["home"] = Path(values.get("home", Settings().home)).expanduser().resolve()
    return _checked(Settings(**values))


def _from_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as handle:
            table = tomllib.load(handle)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: no valid TOML: {error}") from error
    known = {f.name for f in fields(Settings)}
    for key in table:
        if key not in known:
            raise SettingsError(_unknown(key, "{}", known, str(path)))
    return {key: _convert(key, value, f"{key} in {path}") for key, value in table.items()}


def _unknown(name: str, shape: str, known: set[str], where: str) -> str:
    bare = name.removeprefix(PREFIX).lower()
    close = difflib.get_close_matches(bare, known, n=1)
    hint = f"; did you mean {_spell(shape, close[0])}?" if close else ""
    everything = ", ".join(_spell(shape, k) for k in sorted(known))
    return f"unknown setting {name} in {where}{hint} Known: {everything}"


def _spell(shape: str, key: str) -> str:
    return shape.format(key.upper() if shape != "{}" else key)


def _convert(key: str, raw: Any, where: str) -> Any:
    """One value in its field's type; text from the environment and values from TOML alike."""
    kind = next(f.type for f in fields(Settings) if f.name == key)
    try:
        match kind:
            case "Path" | "Path | None":
                if not isinstance(raw, str):
                    raise ValueError
                return Path(raw).expanduser()
            case "int":
                if isinstance(raw, bool | float):
                    raise ValueError
                return int(raw)
            case "float":
                if isinstance(raw, bool):
                    raise ValueError
                return float(raw)
            case "tuple[str, ...]":
                # A comma may stand inside an Apprise URL (mailto://…?to=a,b): split only before a scheme.
                parts = _BETWEEN_URLS.split(raw.strip()) if isinstance(raw, str) else raw
                return tuple(str(part) for part in parts if part)
            case _:
                if not isinstance(raw, str):
                    raise ValueError
                return raw
    except (ValueError, TypeError) as error:
        # The value itself is not repeated for channels: they carry tokens.
        shown = "" if key == "alert_urls" else f" ({raw!r})"
        raise SettingsError(f"{where}{shown} must be {_wanted(str(kind))}") from error


def _wanted(kind: str) -> str:
    words = {"int": "a whole number", "float": "a number", "tuple[str, ...]": "a list of URLs"}
    return words.get(kind, "a path" if kind.startswith("Path") else "text")


def _checked(settings: Settings) -> Settings:
    bounds = {
        "jobs": 0,
        "document_megabytes": 1,
        "retries": 0,
        "retry_seconds": 0,
        "history": 1,
        "compact_after": 2,
        "memory_megabytes": 128,
    }
    for name, least in bounds.items():
        if getattr(settings, name) < least:
            raise SettingsError(f"{name} is {getattr(settings, name)}, and must be at least {least}")
    if settings.document_seconds <= 0:
        raise SettingsError(f"document_seconds is {settings.document_seconds}, and must be above 0")
    for name in ("archive_url", "staging_url", "publish_url"):
        value = getattr(settings, name)
        if value and "://" not in value:
            raise SettingsError(
                f"{name} is {value!r}, and must be a URL (s3://bucket/folder, file:///folder)"
            )
    urls = [
        url.rstrip("/") for url in (settings.archive_url, settings.staging_url, settings.publish_url) if url
    ]
    if len(set(urls)) < len(urls):
        raise SettingsError("archive_url, staging_url and publish_url must name different folders")
    if settings.home.exists() and not settings.home.is_dir():
        raise SettingsError(f"home is {settings.home}, which is a file; it must be a folder")
    return settings

"""What is published, said in a small file beside it, so that it can be fetched from elsewhere (``cityreports pull``).

    <folder>/cityreports.duckdb          what readers on the same disk open (not in object storage)
    <folder>/cityreports.duckdb.json     the manifest; names the file of history/ that is published now
    <folder>/history/<built_at>-<hash>.duckdb

Files of ``history`` never change, and are there before the manifest names them: whoever reads the manifest first and
then the file that it names gets one publication whole, also from a store that knows no rename.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any


class ManifestError(Exception):
    """A manifest that cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``file`` is relative to the manifest's folder; ``size`` (bytes) and ``sha256`` are of that file."""

    file: str
    size: int
    sha256: str
    content_hash: str
    run_id: str
    built_at: str
    schema_version: int
    cityreports_version: str
    duckdb_version: str

    @classmethod
    def from_bytes(cls, data: bytes, where: str) -> Manifest:
        """Raises ManifestError for what is no manifest, or names a file outside of its folder."""
        try:
            value: dict[str, Any] = json.loads(data)
            found = cls(**{f.name: value[f.name] for f in fields(cls)})
            path = PurePosixPath(found.file)
            datetime.fromisoformat(found.built_at)
            kinds = {f.name: int if f.name in ("size", "schema_version") else str for f in fields(cls)}
            wrong = [name for name, kind in kinds.items() if type(getattr(found, name)) is not kind]
        except (ValueError, KeyError, TypeError) as error:
            raise ManifestError(
                f"{where}: no manifest of a published warehouse ({type(error).__name__}: {error}); give the address of "
                "cityreports.duckdb, or of the folder that holds it"
            ) from error
        is_inside = (
            not path.is_absolute()
            and ".." not in path.parts
            and ":" not in found.file
            and "\\" not in found.file
        )
        if wrong or not is_inside or not found.file:
            what = ", ".join(wrong) or f"file {found.file!r}"
            raise ManifestError(f"{where}: the manifest cannot be used ({what}); do not trust that address")
        return found

    def as_bytes(self) -> bytes:
        return (json.dumps(asdict(self), indent=1) + "\n").encode()


def manifest_of(published: Path) -> Path:
    """Where the manifest of a published file lies."""
    return published.with_name(published.name + ".json")


def file_sha256(path: Path) -> str:
    """In hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_manifest(published: Path) -> Manifest | None:
    """The manifest beside a published file; None where there is none that can be used (then it is made anew)."""
    path = manifest_of(published)
    try:
        return Manifest.from_bytes(path.read_bytes(), str(path))
    except (FileNotFoundError, ManifestError):
        return None

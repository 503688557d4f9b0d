"""Word documents to text: .docx by its XML, .doc (Word 97–2003) by its piece table, older ones by a tool if
there is one."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from extraction.documents.noise import without_noise
from extraction.model import DocumentError, DocumentText

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"

#: Unpacked size of the main part; a report's has under two million bytes.
MAX_XML_BYTES = 32 * 1024 * 1024

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


# ------------------------------------------------------------------ .docx


def read_docx(data: bytes) -> DocumentText:
    """Text of a .docx: a line a paragraph, cells of a table's row with tabs between them. Footnotes,
    headers and comments lie in other parts of the file and are not read; automatic numbers of headings are
    not in the text.

    Raises DocumentError ``damaged``, ``too_large`` (a zip bomb), ``encrypted``, ``unknown_format`` (another
    kind of zip), ``no_text``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            main = next((n for n in ("word/document.xml", "word\\document.xml") if n in names), None)
            if main is None:
                detail = "a zip file without a Word document in it; unpack it and give the documents inside"
                raise DocumentError("unknown_format", detail)
            with archive.open(main) as part:
                xml = part.read(MAX_XML_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise DocumentError("damaged", f"the .docx cannot be unpacked: {error}") from None
    except RuntimeError as error:
        raise DocumentError("encrypted", f"the .docx asks for a password: {error}") from None
    if len(xml) > MAX_XML_BYTES:
        raise DocumentError("too_large", f"its text unpacks to more than {MAX_XML_BYTES} bytes")
    try:
        lines = list(_docx_lines(xml))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DocumentError("damaged", f"the .docx holds broken or forbidden XML: {error}") from None
    return _document("\n".join(lines), DOCX)


def _docx_lines(xml: bytes) -> Iterator[str]:
    """Lines in document order; elements are let go as they end, so that memory stays flat."""
    line: list[str] = []
    row: list[list[str]] = []
    cell: list[str] = []
    table_depth = skipping = 0
    for event, element in iterparse(io.BytesIO(xml), events=("start", "end"), forbid_dtd=True):
        tag = element.tag.replace(_STRICT, _W)
        if tag == _FALLBACK:  # the same text box a second time, for old readers
            skipping += 1 if event == "start" else -1
        if event == "start":
            if tag == _W + "tbl":
                table_depth += 1
            continue
        if not skipping:
            if tag == _W + "t":
                line.append(element.text or "")
            elif tag == _W + "tab":
                line.append("\t")
            elif tag in (_W + "br", _W + "cr"):
                line.append("\n")
            elif tag == _W + "noBreakHyphen":
                line.append("-")
            elif tag == _W + "p":
                text = "".join(line).strip(" \t\u3000\n")
                line = []
                if table_depth:
                    cell.append(text)
                elif text:
                    yield text
            elif tag == _W + "tc":
                row.append([part for part in cell if part])
                cell = []
            elif tag == _W + "tr":
                if any(len(parts) > 1 for parts in row):
                    yield from (
                        part for parts in row for part in parts
                    )  # a column of the page, not of a table
                elif any(row):
                    yield "\t".join("".join(parts) for parts in row)
                row = []
            elif tag == _W + "tbl":
                table_depth -= 1
        if tag in (_W + "p", _W + "tr", _W + "tbl"):
            element.clear()
    if line:
        yield "".join(line)


def _document(text: str, media_type: str) -> DocumentText:
    text = without_noise(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        raise DocumentError("no_text", "the Word document holds no text (pictures only?)")
    return DocumentText(text, media_type)


# ------------------------------------------------------------------ .doc


def read_doc(data: bytes) -> DocumentText:
    """Text of a legacy .doc: Word 97–2003 here, older ones and RTF through antiword, catdoc or LibreOffice.

    Raises DocumentError ``encrypted``, ``damaged``, ``no_text``, ``unknown_format`` (another program's
    file), ``no_tool`` (install one of those named), ``took_too_long``.
    """
    if data.startswith(b"{\\rtf"):
        return _document(_by_tool(data, ".rtf"), "application/rtf")
    try:
        streams = _Compound(data)
        names = streams.names()
        if "EncryptedPackage" in names:
            raise DocumentError("encrypted", "the Word document asks for a password")
        if "WordDocument" not in names:
            raise DocumentError(
                "unknown_format", "an Office file, but no Word document: " + ", ".join(sorted(names)[:5])
            )
        text = _word97_text(streams)
    except (struct.error, LookupError, ValueError, OverflowError) as error:
        raise DocumentError("damaged", f"the .doc is broken: {error}") from None
    if text is None:
        text = _by_tool(data, ".doc")
    return _document(text, DOC)


class _Compound:
    """An OLE compound file: a small file system of sectors ([MS-CFB])."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sector: int = 1 << struct.unpack_from("<H", data, 0x1E)[0]
        self.mini = 1 << struct.unpack_from("<H", data, 0x20)[0]
        if self.sector not in (512, 4096) or self.mini != 64:
            raise ValueError("sector size")
        directory, self.cutoff, mini_fat, _, next_difat, count = (
            *struct.unpack_from("<I", data, 0x30),
            *struct.unpack_from("<IIIII", data, 0x38),
        )
        fat_sectors = [s for s in struct.unpack_from("<109I", data, 0x4C) if s < 0xFFFFFFFA]
        per_sector = self.sector // 4
        for _ in range(min(count, len(data) // self.sector)):
            entries = struct.unpack_from(f"<{per_sector}I", data, self._at(next_difat))
            fat_sectors += [s for s in entries[:-1] if s < 0xFFFFFFFA]
            next_difat = entries[-1]
        self.fat: list[int] = []
        for number in fat_sectors[: len(data) // self.sector + 1]:
            self.fat += struct.unpack_from(f"<{per_sector}I", data, self._at(number))
        self.entries: dict[str, tuple[int, int]] = {}
        root = (0, 0)
        listing = self._chain(directory)
        for offset in range(0, len(listing) - 127, 128):
            length, kind = struct.unpack_from("<HB", listing, offset + 64)
            start, size = struct.unpack_from("<II", listing, offset + 116)
            if kind == 5:
                root = (start, size)
            elif kind == 2 and 2 <= length <= 64:
                name = listing[offset : offset + length - 2].decode("utf-16-le", "replace")
                self.entries[name] = (start, size)
        self.mini_stream = self._chain(root[0])[: root[1]]
        mini = self._chain(mini_fat) if mini_fat < 0xFFFFFFFA else b""
        self.mini_fat = list(struct.unpack(f"<{len(mini) // 4}I", mini[: len(mini) // 4 * 4]))

    def names(self) -> set[str]:
        return set(self.entries)

    def read(self, name: str) -> bytes:
        start, size = self.entries[name]
        if size >= self.cutoff:
            return self._chain(start)[:size]
        pieces, seen = [], set()
        while start < len(self.mini_fat) and start not in seen:
            seen.add(start)
            pieces.append(self.mini_stream[start * self.mini : (start + 1) * self.mini])
            start = self.mini_fat[start]
        return b"".join(pieces)[:size]

    def _at(self, number: int) -> int:
        return (number + 1) * self.sector

    def _chain(self, number: int) -> bytes:
        pieces, seen = [], set()
        while number < len(self.fat) and number not in seen:
            seen.add(number)
            pieces.append(self.data[self._at(number) : self._at(number) + self.sector])
            number = self.fat[number]
        return b"".join(pieces)


def _word97_text(streams: _Compound) -> str | None:
    """Main text by the piece table ([MS-DOC] 2.4.1); None for files older than Word 97."""
    stream = streams.read("WordDocument")
    magic, version = struct.unpack_from("<HH", stream, 0)
    if magic != 0xA5EC or version < 0xC1:
        return None
    flags = struct.unpack_from("<H", stream, 0x0A)[0]
    if flags & 0x0100:
        raise DocumentError("encrypted", "the Word document asks for a password")
    table = streams.read("1Table" if flags & 0x0200 else "0Table")
    characters = struct.unpack_from("<I", stream, 0x4C)[0]
    position, length = struct.unpack_from("<II", stream, 0x1A2)
    end = min(position + length, len(table))
    while position < end and table[position] == 1:
        position += 3 + struct.unpack_from("<H", table, position + 1)[0]
    if position >= end or table[position] != 2:
        raise ValueError("no piece table")
    size = struct.unpack_from("<I", table, position + 1)[0]
    position += 5
    count = (size - 4) // 12
    if count < 0 or position + size > len(table):
        raise ValueError("piece table runs over its end")
    starts = struct.unpack_from(f"<{count + 1}I", table, position)
    pieces = []
    for index in range(count):
        start, stop = starts[index], min(starts[index + 1], characters)
        if stop <= start:
            continue
        where = struct.unpack_from("<I", table, position + 4 * (count + 1) + 8 * index + 2)[0]
        if where & 0x40000000:
            offset = (where & 0x3FFFFFFF) // 2
            pieces.append(stream[offset : offset + stop - start].decode("cp1252", "replace"))
        else:
            pieces.append(stream[where : where + 2 * (stop - start)].decode("utf-16-le", "replace"))
    return _plain("".join(pieces))


def _plain(text: str) -> str:
    """Word's control characters to text: fields keep their result, cells get tabs, paragraphs line ends."""
    kept: list[str] = []
    instructions = 0  # inside a field's code, which nests
    for char in text:
        if char == "\x13":
            instructions += 1
        elif char in "\x14\x15":
            instructions = max(0, instructions - 1) if char == "\x14" or instructions else instructions
        elif not instructions:
            kept.append(char)
    table: dict[int, str | None] = dict.fromkeys((*range(0x20), 0x7F))
    table |= {0x09: "\t", 0x0A: "\n", 0x0D: "\n", 0x0B: "\n", 0x0C: "\n", 0x07: "\t", 0x1E: "-"}
    lines = ("".join(kept)).translate(table).split("\n")
    return "\n".join(stripped for line in lines if (stripped := line.strip(" \t\u3000")))


_TEXT_FILTER = "txt:Text (encoded):UTF8"
_PROFILE = "-env:UserInstallation=file://{folder}/profile"
_TOOLS: tuple[tuple[str, str, float], ...] = (
    ("antiword", "-m|UTF-8.txt|-w|0|{file}", 5.0),
    ("catdoc", "-d|utf-8|-w|{file}", 5.0),
    # LibreOffice takes seconds to start: the one step that may take longer than a document's five.
    ("soffice", f"{_PROFILE}|--headless|--convert-to|{_TEXT_FILTER}|--outdir|{{folder}}|{{file}}", 30.0),
)


def _by_tool(data: bytes, suffix: str) -> str:
    found = [(tool, path) for tool in _TOOLS if (path := shutil.which(tool[0]))]
    if not found:
        raise DocumentError(
            "no_tool", "an old Word or RTF document: install antiword, catdoc or LibreOffice (soffice)"
        )
    late = False
    with tempfile.TemporaryDirectory(prefix="cityreports-") as folder:
        file = Path(folder) / f"document{suffix}"
        file.write_bytes(data)
        for (_, arguments, seconds), path in found:
            command = [path, *(a.format(file=file, folder=folder) for a in arguments.split("|"))]
            try:
                done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)  # noqa: S603
            except subprocess.TimeoutExpired:
                late = True
                continue
            except OSError:
                continue
            written = file.with_suffix(".txt")
            text = written.read_bytes() if written.exists() else done.stdout
            if done.returncode == 0 and text.strip():
                return text.decode("utf-8", "replace")
    if late:
        raise DocumentError("took_too_long", "the converter did not finish in time")
    raise DocumentError("damaged", "no converter could read the document")

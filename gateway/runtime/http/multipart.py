"""Forms with files (`multipart/form-data`, RFC 7578), read as they come."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.runtime.http.intake import Intake

FIELD_BYTES = 2 * 1024 * 1024
MOST_PARTS = 120


class BadForm(ValueError):  # noqa: N818 (it names the mistake, as callers show it)
    """The body is no such form, or one beyond measure; the text says which."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form. filename: None where it is no file; content_type: "" if not given."""

    name: str
    filename: str | None
    content_type: str
    intake: Intake


@dataclass(slots=True)
class Form:
    """The parts of a form, in their order. `discard` it when done."""

    parts: list[Part] = field(default_factory=list)

    def discard(self) -> None:
        """Remove the files that nobody took over."""
        for part in self.parts:
            part.intake.discard()

    def named(self, name: str) -> list[Part]:
        """Return the parts with this name."""
        return [part for part in self.parts if part.name == name]


async def read_form(
    content_type: str, body: AsyncIterator[bytes], directory: Path, *, most: int = MOST_PARTS
) -> Form:
    """Return the form; most: parts that it may have.

    Raises BadForm. Whatever is raised, no file is left behind.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BadForm("The Content-Type has no boundary.")
    reader = _Reader(directory, most)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.begin,
                "on_part_data": reader.data,
                "on_header_field": reader.header_name,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_headers_finished": reader.headers_end,
                "on_end": reader.end,
            },
        )
        async for chunk in body:
            parser.write(chunk)
            await reader.flush()
        parser.finalize()
    except FormParserError as error:
        reader.form.discard()
        raise BadForm("The form is malformed (RFC 7578).") from error
    except BaseException:
        reader.form.discard()
        raise
    if not reader.ended:
        reader.form.discard()
        raise BadForm("The form breaks off.")
    return reader.form


class _Reader:
    """Takes the parser's calls; what has to wait for the disk waits until `flush`."""

    def __init__(self, directory: Path, most: int) -> None:
        self.form = Form()
        self.ended = False
        self._directory = directory
        self._most = most
        self._headers: dict[str, bytes] = {}
        self._name = b""
        self._value = b""
        self._part: Part | None = None
        self._waiting: list[tuple[Intake, bytes]] = []

    def begin(self) -> None:
        if len(self.form.parts) >= self._most:
            raise BadForm(f"The form has more than {self._most} parts.")
        self._headers = {}
        self._part = None

    def header_name(self, chunk: bytes, start: int, end: int) -> None:
        self._name += chunk[start:end]

    def header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        if b"name" not in options:
            raise BadForm("A part has no name.")
        filename = options.get(b"filename")
        self._part = Part(
            name=options[b"name"].decode("utf-8", "replace"),
            filename=None if filename is None else filename.decode("utf-8", "replace"),
            content_type=self._headers.get("content-type", b"").decode("latin-1").strip(),
            intake=Intake(self._directory),
        )
        self.form.parts.append(self._part)

    def data(self, chunk: bytes, start: int, end: int) -> None:
        assert self._part is not None
        intake = self._part.intake
        if self._part.filename is None and intake.size + end - start > FIELD_BYTES:
            raise BadForm(f"The field {self._part.name[:40]} is too long.")
        self._waiting.append((intake, chunk[start:end]))

    def end(self) -> None:
        self.ended = True

    async def flush(self) -> None:
        for intake, piece in self._waiting:
            await intake.add(piece)
        self._waiting.clear()

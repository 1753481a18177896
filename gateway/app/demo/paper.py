"""A one-page PDF, made by hand: enough of PDF 1.4 for every viewer."""

from collections.abc import Sequence

_PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources "
_FONT = "<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"


def one_page(lines: Sequence[str]) -> bytes:
    """Return a PDF with these lines, ASCII, the first one large."""
    text = ["BT", "/F1 24 Tf", "56 770 Td"]
    for number, line in enumerate(lines):
        if number == 1:
            text.append("/F1 12 Tf")
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        text += [f"({escaped}) Tj", f"0 -{34 if number == 0 else 20} Td"]
    stream = "\n".join([*text, "ET"]).encode("ascii", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (_PAGE + _FONT).encode(),
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
    ]
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)

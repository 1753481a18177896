"""Time reading: `python -m tests.bench.read`. Ours beside mail-parser's parse alone, interleaved.

One 10 KB answer (text and HTML, quotation below), one of 150 KB and one of 5 MB with a PDF.
"""

import base64
import quopri
import sys
import time
from collections.abc import Callable
from statistics import median

import mailparser

from gateway.mail.message import read

_ROUNDS = 9


def answer(*, pdf_octets: int = 0) -> bytes:
    """Return an answer as Gmail writes it: about 10 KB, and the PDF."""
    said = (
        "Dobrý deň,\r\n\r\nďakujem za faktúru, uhradíme ju budúci týždeň.\r\n\r\n"
        "S pozdravom\r\nJana Šťastná\r\n"
    )
    quoted = "".join(
        f"> Line {number} of the invoice mail: amount, due date, reference and so on.\r\n"
        for number in range(40)
    )
    text = (
        f"{said}\r\nOn Tue, 7 Apr 2026 at 10:00 Acme s.r.o. <acme@mail.example.com> wrote:\r\n\r\n"
        f"{quoted}"
    )
    rows = "".join(
        f'<tr><td style="padding:8px;color:#333333">Line {number}</td>'
        f'<td style="padding:8px;text-align:right">{number}.00 EUR</td></tr>'
        for number in range(40)
    )
    html = (
        '<div dir="ltr"><div>Dobrý deň,</div><div><br></div><div>ďakujem za faktúru, uhradíme ju '
        "budúci týždeň.</div><div><br></div><div>S pozdravom</div><div>Jana Šťastná</div></div>"
        '<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, 7 Apr 2026 at '
        '10:00 Acme s.r.o. &lt;<a href="mailto:acme@mail.example.com">acme@mail.example.com</a>'
        '&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204)"><table width="600">{rows}</table>'
        "</blockquote></div>"
    )
    trace = "".join(
        f"Received: from mail-{number}.example.net (mail-{number}.example.net [192.0.2.1])\r\n"
        f"        by mx.example.com with ESMTPS id a{number} for <x@reply.example.com>;\r\n"
        "        Tue, 07 Apr 2026 10:00:01 +0000\r\n"
        for number in range(6)
    )
    head = (
        f"{trace}DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=gmail.com; s=2026;\r\n"
        f"        b={'A' * 340}\r\n"
        "From: =?UTF-8?B?SmFuYSDFoMWlYXN0bsOh?= <jana.stastna@example.org>\r\n"
        'To: "Acme s.r.o." <acme-sro-rabcdefabcdefabcdefabcdefabcdefabcdef@reply.example.com>\r\n'
        "Cc: Peter <peter@example.org>\r\n"
        "Subject: =?UTF-8?Q?Re:_Fakt=C3=BAra_2026-0142?=\r\n"
        "Date: Tue, 7 Apr 2026 12:00:01 +0200\r\n"
        "Message-ID: <CAF0x1y2z3@mail.gmail.com>\r\n"
        "In-Reply-To: <mabcdefabcdefabcdefabcdef@mail.example.com>\r\n"
        "References: <mabcdefabcdefabcdefabcdef@mail.example.com>\r\n"
        "MIME-Version: 1.0\r\n"
    )
    bodies = (
        'Content-Type: multipart/alternative; boundary="alt"\r\n\r\n--alt\r\n'
        'Content-Type: text/plain; charset="UTF-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{_quoted_printable(text)}\r\n--alt\r\n"
        'Content-Type: text/html; charset="UTF-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        f"{_quoted_printable(html)}\r\n--alt--\r\n"
    )
    if not pdf_octets:
        return (head + bodies).encode()
    pdf = base64.encodebytes(b"%PDF" + bytes(range(256)) * (pdf_octets // 256)).decode()
    return (
        f'{head}Content-Type: multipart/mixed; boundary="mix"\r\n\r\n--mix\r\n{bodies}\r\n--mix\r\n'
        'Content-Type: application/pdf; name="order.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="order.pdf"\r\n\r\n{pdf}\r\n--mix--\r\n'
    ).encode()


def _quoted_printable(text: str) -> str:
    return quopri.encodestring(text.replace("\r\n", "\n").encode()).decode().replace("\n", "\r\n")


def _milliseconds(work: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return 1000 * (time.process_time() - start) / times


def main() -> None:
    """Print milliseconds of CPU a mail, the median of interleaved rounds."""
    for name, raw, times in (
        ("10 KB", answer(), 100),
        ("150 KB", answer(pdf_octets=100_000), 30),
        ("5 MB", answer(pdf_octets=3_600_000), 3),
    ):
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            ours.append(_milliseconds(lambda raw=raw: read(raw), times))
            theirs.append(_milliseconds(lambda raw=raw: mailparser.parse_from_bytes(raw), times))
        ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
        print(
            f"{name:>7} ({len(raw)} octets): read {median(ours):.2f} ms,"
            f" mail-parser's parse {median(theirs):.2f} ms, ratio {ratio:.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())

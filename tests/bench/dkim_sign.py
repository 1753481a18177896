"""Times DKIM signing against dkimpy: `python -m tests.bench.dkim_sign`.

Both make the same signatures (rsa-sha256 with 2048 bits; the same and ed25519-sha256) of the
same mails, in turn. Processor time is counted: on a busy machine the clock on the wall favours
whoever is done before his time slice ends. Only ratios count.
"""

import base64
import statistics
import time
from datetime import UTC, datetime

import dkim
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.mail.dkim.signature import ED25519, OVERSIGNED, RSA, sign
from tests.mail.dkim_keys import DOMAIN, both_keys, ed25519_key, rsa_key

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ROUNDS = 30
HEADER = (
    b'From: "Acme s.r.o." <acme@mail.example.com>\r\nTo: Jana <jana@example.org>\r\n'
    b"Reply-To: <acme-token@reply.example.com>\r\nSubject: Invoice 7\r\n"
    b"Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <m.t@mail.example.com>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
)
PROSE = b"Dear Jana,  please find   the invoice below. It is due in a fortnight. \r\n"


def mails():
    """Return mails by name: prose with runs of white space, and base64 as invoices have it."""
    line = base64.b64encode(bytes(range(57))) + b"\r\n"
    return {
        "10 KB prose": HEADER + PROSE * (10_000 // len(PROSE)),
        "10 KB base64": HEADER + line * (10_000 // len(line)),
        "150 KB prose": HEADER + PROSE * (150_000 // len(PROSE)),
        "150 KB base64": HEADER + line * (150_000 // len(line)),
    }


def peer_keys():
    """Return dkimpy's arguments for both keys."""
    rsa = rsa_key().private.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    raw = ed25519_key().private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return [(b"r1", rsa, RSA.encode()), (b"e1", base64.b64encode(raw), ED25519.encode())]


def ours(raw, keys):
    return sign(raw, keys, domain=DOMAIN, now=NOW)


def peer(raw, keys, names):
    return b"".join(
        dkim.sign(
            raw,
            selector,
            DOMAIN.encode(),
            private,
            canonicalize=(b"relaxed", b"relaxed"),
            signature_algorithm=algorithm,
            include_headers=names,
        )
        for selector, private, algorithm in keys
    )


def milliseconds(work, *arguments):
    begin = time.process_time()
    work(*arguments)
    return 1000 * (time.process_time() - begin)


def compare(title, raw, count):
    """Time both with the first `count` keys, and print a line for the medians and the bests."""
    mine, theirs = both_keys()[:count], peer_keys()[:count]
    names = [name.lower().encode() for name in OVERSIGNED]
    pairs = [
        (milliseconds(ours, raw, mine), milliseconds(peer, raw, theirs, names))
        for _ in range(ROUNDS)
    ]
    for what, choose in (("median", statistics.median), ("best", min)):
        own, other = (choose(times) for times in zip(*pairs, strict=True))
        print(f"{title:28}{what:7} ours {own:6.2f} ms  dkimpy {other:6.2f} ms  {other / own:5.1f}")


def main():
    for name, raw in mails().items():
        compare(f"{name}, rsa", raw, 1)
        compare(f"{name}, rsa + ed25519", raw, 2)


if __name__ == "__main__":
    main()

"""Where events may be sent, as far as a URL itself tells."""

from urllib.parse import urlsplit

MOST_CHARS = 2048
# Ports of other protocols, where a request could be taken for a command: those that the Fetch
# standard blocks (section 2.9), and databases.
_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101}
    | {102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179}
    | {389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587}
    | {601, 636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2379, 3306, 3389, 3659}
    | {4045, 4190, 5060, 5061, 5432, 5984, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679}
    | {6697, 9042, 9200, 10080, 11211, 27017}
)


def mistake(url: str) -> str | None:
    """Return what is wrong with an endpoint's URL, as one sentence, or None."""
    if len(url) > MOST_CHARS:
        return f"The URL is longer than {MOST_CHARS} characters."
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "A URL holds printable ASCII characters alone; write a host of letters as xn--…"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not a URL such as https://acme.example/hooks."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "The URL has to begin with https:// and a host."
    if parts.username is not None or parts.password is not None:
        return "The URL must not hold a user name or password; the signature says who sends."
    if parts.fragment or "#" in url:
        return "The URL must not have a fragment (#)."
    if port == 0 or port in _PORTS:
        return f"Port {port} is not one of web servers."
    if _is_odd_number(parts.hostname):
        return "Write an IPv4 address as four decimal numbers."
    return None


def _is_odd_number(host: str) -> bool:
    """Say whether a host is a number that some programs take for an IPv4 address."""
    if ":" in host:
        return False
    labels = host.rstrip(".").split(".")
    last = labels[-1]
    if not (last.isdigit() or last.startswith("0x")):
        return False
    plain = all(one.isdigit() and str(int(one)) == one and int(one) < 256 for one in labels)
    return not (plain and len(labels) == 4)

"""Bounces that are letters: no machine's part, only words, in the way of each mail program.

Nothing here knows a program by its name. A letter counts as a bounce when a mail system wrote it
and it says that mail was not delivered; the addresses are where such letters put them: at the
beginning of a line, behind a label, in the dialogue with the other server.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.mail import report_words
from gateway.mail.dsn import code_in, status_in
from gateway.mail.report import Action, ReportedRecipient
from gateway.mail.report_copy import copy_starts
from gateway.mail.report_words import pattern

_MAX_CHARS: Final = 200_000
_MAX_LINES: Final = 3_000
_MAX_RECIPIENTS: Final = 200
_MAX_DIAGNOSTIC: Final = 2_000

_ATOM: Final = r"[^\s<>()\[\],;:\\\"@'`（）：，。、「」]"
_ADDRESS_TEXT: Final = rf"(?:\"[^\"\r\n]{{1,80}}\"|{_ATOM}{{1,100}})@\w(?:[\w.\-]{{0,253}}[\w])?"
_ADDRESS: Final = re.compile(_ADDRESS_TEXT)
_LEADING: Final = re.compile(
    r"^[\s*•·>\-]{0,12}([\w ]{0,30}?[<(\[\"'|]{1,2})?(?:mailto:|smtp:|rfc822;)?"
    rf"({_ADDRESS_TEXT})[>\])\"'|]{{0,2}}(.*)$",
    re.IGNORECASE,
)
_LABELS: Final = "|".join(report_words.LABELS)
_LABELLED: Final = re.compile(
    rf"(?:{_LABELS})\s?(?:was|is)?\s?[:=]\s{{0,4}}[<\"'(\[]{{0,2}}(?:smtp:|rfc822;)?"
    rf"({_ADDRESS_TEXT})",
    re.IGNORECASE,
)
_DIALOGUE: Final = pattern([rf"RCPT\s{{1,3}}TO\s?:\s?<\s?({_ADDRESS_TEXT})\s?>"])
_GENERATED: Final = pattern([rf"(?:{'|'.join(report_words.GENERATED)})\s?:?\s?<?({_ADDRESS_TEXT})"])
_FAILED: Final = pattern(report_words.FAILED)
_FAILED_SURELY: Final = pattern(report_words.FAILED_SURELY)
_DELAYED: Final = pattern(report_words.DELAYED)
_GAVE_UP: Final = pattern(report_words.GAVE_UP)
_SUBJECT: Final = pattern(report_words.SUBJECT)
_DAEMON: Final = pattern(report_words.DAEMON)
_GREETING: Final = pattern([rf"(?:{'|'.join(report_words.GREETINGS)})\b"])
_SERVICE: Final = pattern([rf"^(?:{'|'.join(report_words.SERVICES)})@"])
_OTHER_LINE: Final = pattern([rf"^\s{{0,20}}(?:{'|'.join(report_words.OTHER_LINES)})\b"])
_DIRECTORY_ADDRESS: Final = re.compile(r"\bdda:smtp=", re.IGNORECASE)  # Exchange's X.400
_LISTING: Final = pattern([r"(?:recipients?|following|address(?:es)?).{0,200}:\s{0,4}$"])
_BARE_NAME: Final = re.compile(r"^[ \t]{1,12}([A-Za-z0-9][\w.+\-]{0,63})(?:[ \t]{2,}\S.{0,200})?$")


@dataclass(frozen=True, slots=True)
class Letter:
    """A bounce that was read by its words.

    header: the returned mail's header lines, "" if it returns none.
    """

    recipients: tuple[ReportedRecipient, ...]
    header: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote the letter, as its header says.

    people: addresses that can't be the failed recipient: the letter's own From and To.
    is_null: the reverse-path is empty. failed: the content of X-Failed-Recipients.
    is_reply: Auto-Submitted says auto-replied. is_answer: it names a mail that it answers.
    takes_services: see `lenient`.
    """

    name: str
    subject: str
    people: frozenset[str]
    is_null: bool
    failed: str = ""
    is_reply: bool = False
    is_answer: bool = False
    takes_services: bool = False

    @property
    def is_daemon(self) -> bool:
        """Return whether a mail system bears this name."""
        return _DAEMON.search(self.name) is not None

    @property
    def is_system(self) -> bool:
        """Return whether a program wrote the letter."""
        return self.is_null or self.is_daemon

    def lenient(self) -> "Sender":
        """Return the same sender, for whom `postmaster@` and the like may be a recipient too."""
        return replace(self, takes_services=True)


def read_letter(text: str, sender: Sender, *, returned_to: Sequence[str] = ()) -> Letter | None:
    """Return the bounce that a letter reports, or None if it reports none.

    text: all that the letter says, the returned mail included if it has it in the text.
    returned_to: recipients of the returned mail, for letters that name none themselves.
    """
    if not _may_report(sender):
        return None
    lines = _DIRECTORY_ADDRESS.sub(" ", text[:_MAX_CHARS]).splitlines()[:_MAX_LINES]
    end = copy_starts(lines)
    notice, header = lines[:end], "\n".join(lines[end:])
    said = " ".join(" ".join(notice).split())[:20_000]
    if not _is_bounce(said, sender):
        return None
    found = _recipients(notice, sender, said) or _recipients(notice, sender.lenient(), said)
    if not found and not sender.is_system:
        return None
    if not found:
        others = [one for one in returned_to or _addressees(lines[end:]) if _is_other(one, sender)]
        found = [(address, said[:_MAX_DIAGNOSTIC]) for address in others[:1]]
    action = _action(said, sender)
    told = [(address, _telling(words, said)) for address, words in found]
    return Letter(tuple(_reported(address, words, action) for address, words in told), header)


def _telling(words: str, said: str) -> str:
    """Return what is said of an address, with all that the letter says where that says nothing."""
    if status_in(words) or code_in(words) or _FAILED.search(words):
        return words
    return f"{words} {said}".strip()[:_MAX_DIAGNOSTIC]


def _may_report(sender: Sender) -> bool:
    """Return whether it is worth to look at the words: most letters are a person's."""
    if sender.failed or sender.is_system:
        return True
    # Of nobody in particular: people complain about failed delivery, too.
    return not sender.is_answer and _SUBJECT.search(sender.subject) is not None


def _is_bounce(said: str, sender: Sender) -> bool:
    if sender.failed:
        return True
    if not sender.is_system:
        is_sure = _FAILED_SURELY.search(said) is not None
        return is_sure and not _GREETING.match(said) and _says_so(said)
    is_titled = _SUBJECT.search(sender.subject) is not None
    if sender.is_reply and not is_titled:
        return False
    if is_titled or not sender.subject:
        return _says_so(said)
    if not sender.is_daemon:
        return False
    is_named = "daemon" in sender.name.lower() or _FAILED_SURELY.search(said) is not None
    return is_named and _says_so(said)


def _says_so(said: str) -> bool:
    """Return whether the words speak of mail that was not delivered, or not yet."""
    return _FAILED.search(said) is not None or _DELAYED.search(said) is not None


def _action(said: str, sender: Sender) -> Action:
    head = f"{sender.subject} {said[:3000]}"
    if _DELAYED.search(head) and not _GAVE_UP.search(said[:1200]):
        return "delayed"
    return "failed"


def _is_other(address: str, sender: Sender) -> bool:
    folded = address.casefold()
    if folded in sender.people:
        return False
    return sender.takes_services or not _SERVICE.match(folded)


def _recipients(lines: Sequence[str], sender: Sender, said: str) -> list[tuple[str, str]]:
    """Return address and words of every failed recipient, by the surest of several ways."""
    failed = _ADDRESS.findall(sender.failed)
    if failed:
        return [
            (address, words_about(address, lines) or said[:_MAX_DIAGNOSTIC])
            for address in dict.fromkeys(failed)
        ]
    found = _leading(lines, sender)
    if found:
        return found
    for wanted in (_GENERATED, _DIALOGUE, _LABELLED):
        named = _named(lines, wanted, sender)
        if named:
            return named
    if not sender.is_system:
        return []
    return _mentioned(lines, sender) or _bare_names(lines, sender)


def _bare_names(lines: Sequence[str], sender: Sender) -> list[tuple[str, str]]:
    """Return the local parts that a server lists without its own domain, with that."""
    domain = next((one.partition("@")[2] for one in _ADDRESS.findall(sender.name)), "")
    found: dict[str, str] = {}
    is_listing = False
    for line in lines:
        name = _BARE_NAME.match(line) if is_listing else None
        if name and domain:
            found[f"{name[1]}@{domain}"] = line.strip()
        elif line.strip():
            is_listing = len(line) < 400 and _LISTING.search(line) is not None
    return list(found.items())[:_MAX_RECIPIENTS]


def _leading(lines: Sequence[str], sender: Sender) -> list[tuple[str, str]]:
    """Return the addresses that begin a line, each with what is said below it."""
    places: list[tuple[int, str, str]] = []
    for index, line in enumerate(lines):
        if "@" not in line or len(line) > 1000 or _OTHER_LINE.match(line):
            continue
        found = _LEADING.match(line)
        if found is None or not _is_other(found[2], sender):
            continue
        rest = found[3]
        says = rest.strip()[:1]
        if rest[:1].isalnum() or (rest[:1] == " " and says in "様,،"):
            continue
        if says.isalpha() and not sender.is_system:
            continue  # a sentence that begins with an address
        before = (found[1] or "").strip(" <([\"'|")
        words = " ".join(part for part in (before, rest.strip(" :>")) if part)
        places.append((index, found[2].strip("'."), words))
    about: dict[str, list[str]] = {}
    ends = [*(place[0] for place in places), len(lines)][1:]
    for (index, address, rest), end in zip(places, ends, strict=True):
        below = _paragraph(lines, index + 1, end)
        original = _GENERATED.search(" ".join([rest, *below[:2]]))
        name = original[1] if original and _is_other(original[1], sender) else address
        about.setdefault(name, []).extend([rest, *below])
    if not about and (undisclosed := _named(lines, _GENERATED, sender)):
        return undisclosed
    return [
        (address, _joined(said) or words_about(address, lines))
        for address, said in list(about.items())[:_MAX_RECIPIENTS]
    ]


def _paragraph(lines: Sequence[str], start: int, end: int) -> list[str]:
    return [line.strip() for line in lines[start : min(end, start + 25)] if line.strip()]


def _joined(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)[:_MAX_DIAGNOSTIC]


def words_about(address: str, lines: Sequence[str]) -> str:
    """Return the lines that name the address, each with the few below it."""
    folded = address.casefold()
    said: list[str] = []
    until = 0
    for index, line in enumerate(lines):
        if folded in line.casefold():
            until = index + 6
        if index < until and line.strip():
            said.append(line.strip())
    return _joined(said)


def _named(lines: Sequence[str], wanted: re.Pattern[str], sender: Sender) -> list[tuple[str, str]]:
    found: dict[str, None] = {}
    for line in lines:
        if (
            "@" in line
            and len(line) < 1000
            and (wanted is not _LABELLED or not _OTHER_LINE.match(line))
        ):
            for one in wanted.findall(line):
                if _is_other(one, sender) and len(found) < _MAX_RECIPIENTS:
                    found[one] = None
    return [(address, words_about(address, lines)) for address in found]


def _mentioned(lines: Sequence[str], sender: Sender) -> list[tuple[str, str]]:
    """Return the first address in a sentence about failure."""
    places = [index for index, line in enumerate(lines) if "@" in line]
    for index in places[:_MAX_RECIPIENTS]:
        if _OTHER_LINE.match(lines[index]):
            continue
        around = " ".join(line[:300] for line in lines[max(0, index - 2) : index + 3])
        if not _FAILED.search(around) and not _DELAYED.search(around):
            continue
        for address in _ADDRESS.findall(lines[index][:1000]):
            if _is_other(address, sender):
                return [(address, words_about(address, lines))]
    return []


def _addressees(lines: Sequence[str]) -> Iterator[str]:
    """Yield the recipients that the returned header names."""
    for line in lines[:200]:
        head, colon, rest = line.partition(":")
        if colon and head.strip().lower() in ("to", "x-original-to", "delivered-to"):
            yield from _ADDRESS.findall(rest[:2000])


def _reported(address: str, words: str, action: Action) -> ReportedRecipient:
    return ReportedRecipient(
        recipient=address,
        action=action,
        status=status_in(words),
        diagnostic=words,
        smtp_code=code_in(words),
    )

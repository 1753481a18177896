"""Bounces that are letters: no machine's part, only words, in the way of each mail program.

Nothing here knows a program by its name. A letter counts as a bounce when a mail system wrote it
and it says that mail was not delivered; the addresses are where such letters put them: at the
beginning of a line, behind a label, in the dialogue with the other server.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.mail.dsn import code_in, status_in
from gateway.mail.report import Action, ReportedRecipient

_MAX_CHARS: Final = 200_000
_MAX_LINES: Final = 3_000
_MAX_RECIPIENTS: Final = 200
_MAX_DIAGNOSTIC: Final = 2_000

_ATOM: Final = r"[^\s<>()\[\],;:\\\"@'`]"
_ADDRESS_TEXT: Final = (
    r"(?:\"[^\"\r\n]{1,80}\"|" + _ATOM + r"{1,100})@[A-Za-z0-9\u0080-\uffff_](?:[A-Za-z0-9\u0080-\uffff_.-]{0,253}[A-Za-z0-9\u0080-\uffff])?"
)
_ADDRESS: Final = re.compile(_ADDRESS_TEXT)
_LEADING: Final = re.compile(
    r"^[\s*•·>\-–]{0,12}(?:[\w ]{0,30}?[<(\[\"'|]{1,2})?(?:mailto:|smtp:|rfc822;)?(" + _ADDRESS_TEXT + r")[>\])\"'|]{0,2}(.*)$",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(
    r"(?:recipients?|recip|user(?:name|id)?|address(?:ee)?|mailbox|account|to|mail-?box|destinatari[oa]s?|destinataire|empf(?:ä|ae)nger"
    r"|получател\w*|адресат\w*|宛先|受信者|收件人|attempts|size|user unknown|adressaten?)\s?(?:was|is)?\s?[:=]\s*[<\"'(\[]{0,2}(?:smtp:|rfc822;)?("
    + _ADDRESS_TEXT
    + r")",
    re.IGNORECASE,
)
_DIALOGUE: Final = re.compile(r"RCPT\s{1,3}TO\s?:\s?<\s?(" + _ADDRESS_TEXT + r")\s?>", re.IGNORECASE)
_GENERATED: Final = re.compile(
    r"(?:generated from|expanded from|originally addressed to|alias(?:ed)? from|original address)\s?:?\s?<?(" + _ADDRESS_TEXT + r")", re.IGNORECASE
)

# What a letter says that reports a failure.
_FAILED: Final = re.compile(
    r"(?:could|can|was|were|has|have|had|would|did|is|are)\s?(?:not|n[’']t|no)\s(?:be |been )?(?:able to )?(?:deliver|reach|sen[dt]|accept|process|receiv|forward|relay|complet)"
    r"|cannot be (?:delivered|reached|sent)|can't be (?:delivered|reached)|unable to (?:deliver|relay|send|route|contact|connect)|not (?:been )?deliver"
    r"|fail(?:ed|ure)s? (?:to|in|of) deliver|deliver\w* (?:to|of|for|has|have)?.{0,60}\b(?:fail|abort|error|impossible|unsuccessful|suspended|rejected)"
    r"|fail(?:ed|ure|s)? (?:permanently|delivery|address|recipient|addresses)|undeliver|non-?deliver|(?:un|non)-?zustellbar|delivery (?:fail|error|problem|status|attempt|has fail)"
    r"|permanent(?:ly)? (?:fatal )?(?:error|fail)|fatal error|address(?:es)? failed|recipients? failed|returned (?:mail|message|to sender|to you)|has been (?:returned|rejected|bounced|refused)"
    r"|(?:was|were|been|is|are|message|mail) (?:rejected|bounced|refused|blocked|undeliverable)|rejected (?:by|the|your|because)|bounced? (?:back|message|mail)|mail (?:delivery )?(?:fail|error)"
    r"|user (?:is )?unknown|unknown (?:user|recipient|address|mailbox)|no such (?:user|mailbox|recipient|address|person|account)|(?:mailbox|mailfolder|inbox|quota|account).{0,40}(?:full|exceed|disabled|unavailable|over ?quota|not exist)"
    r"|(?:exceeds?|exceeded|over|out of).{0,20}(?:quota|allowed size|storage|limit)|does(?:n't| not) (?:exist|have an? \S+ account|have a|like recipient)|no (?:user|mailbox) (?:here )?by that name|not a (?:known|valid) (?:user|mailbox|address)"
    r"|is (?:no longer valid|not accepting|invalid|wrong)|e?-?mail (?:address|adress) (?:is )?(?:wrong|invalid|incorrect|not found)|transcript of session|(?:delivery|had) errors?|did not like our|error (?:was )?(?:occurred|encountered|delivering|while|has occurred)"
    r"|there was an error|invalid (?:final )?(?:delivery|user|recipient|address|mailbox)|failure reasons?|encountered an error|has encountered a delivery problem|problem (?:with|delivering)|nicht zugestellt|konnte nicht|unzustellbar|non (?:è|e') stat[oa] (?:possibile|consegnat)|mancat[oa] (?:recapito|consegna)"
    r"|n[’']a (?:pas )?pu (?:pas )?(?:être|etre)|non (?:remis|distribu)|échec|no (?:pudo|ha podido|se pudo|se ha podido|fue posible) ?(?:ser )?entrega|no se pudo|não (?:pôde|pode|foi poss)|nao (?:pode|foi)|niet (?:worden )?(?:afgeleverd|bezorgd)"
    r"|nie (?:mog|został|udało)|nedoručen|nelze doručit|nemohla? být doruč|nepodarilo sa|nebolo možné doruč|kézbesíthetetlen|nem kézbesít|kunne ikke|kunde inte|не (?:может быть|удалось|было|был[ао]?) ?достав|недостав|не найден|送信できません|配信(?:に失敗|できません|不能)|お届け|失敗|不能|退信|无法|無法|拒絶|エラー|존재하지",
    re.IGNORECASE,
)
# What it says when it has not given up.
_DELAYED: Final = re.compile(
    r"not yet been delivered|has(?: still)? not been delivered yet|(?:has|have|is|been|was|were|message) (?:been )?(?:\S{1,30} )?delayed|delivery delayed|deliver\w* attempts? will continue|will (?:continue|keep|still) (?:to )?(?:try|be tri|attempt|retry|be attempted|be retried)"
    r"|will (?:be )?(?:retried|try again|retry)|still being retried|(?:warning|message) only|warning: (?:could not|message|mail)|continu\w* (?:to be made|trying|attempt)|do not need to resend|need not resend|please do not resend|delivery status notification \(delay\)|temporarily delayed|wird weiter versucht|noch nicht zugestellt",
    re.IGNORECASE,
)
_GAVE_UP: Final = re.compile(
    r"permanent|giv(?:e|en|ing) up|not going to try|no further|failed permanently|aborted|have failed|final|(?:was|were|been) returned",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"undeliver|deliver\w* (?:fail|status|problem|error|has failed|notification|delayed|incomplete)|fail(?:ure|ed) (?:notice|notification|delivery|to deliver|mail)|returned? (?:mail|message|to sender|email)|mail (?:fail|delivery|error|system error|returned|could not)|(?:could|can) ?not be delivered|non[- ]?(?:deliver|remis)|not delivered"
    r"|message (?:status|delivery|could not|undeliver|delayed|not)|user unknown|mail delivery|processing error|nameserver error|bounce|unzustellbar|nicht zugestellt|zustell|недостав|не доставлен|mail failure|rejected|permanent (?:error|failure)|delivery (?:report|notification|delay)|warning: |ndn: |ndr:?|non remis|échec|nedoruč|nepodařilo|nepodarilo|kézbesít|niet (?:afgeleverd|bezorgd)|mancat|error (?:de|di) |devuelto|rechazad|devolvid|zwrot|niedostarcz|配信|配送|送信|退信|返送|エラー|メール",
    re.IGNORECASE,
)
_DAEMON: Final = re.compile(
    r"mailer-?d(?:ae|ea)mon|^post-?master|mail-?d(?:ae|ea)mon|^mdaemon|mail ?deliver|mail\.deliver|delivery (?:sub)?system|mail (?:sub)?system|system administrator|^bounce|mail_service|mail-?administrator|mail ?admin|^admin(?:istrator)?@|antivirus|virus|gateway|postmaster|mail ?system|mail service|mailserver|auto-?mailer|no-?reply.*(?:mail|bounce)|smtp|delivery|mta@|abuse-return|^staff@|internet ?mail|spam|exchange|lotus|domino",
    re.IGNORECASE,
)
# A line after which only the returned mail follows.
_COPY: Final = re.compile(
    r"^[\s>*]{0,4}(?:[-=*_~]{2,}|[-]).{0,30}(?:copy of|original|returned|return|unsent|undelivered|message (?:header|text|follows|body)|header|forwarded|rejected message|enclosed|included|mensaje|mensagem|nachricht|bericht|messaggio|below (?:this|the))"
    r"|^\s{0,4}(?:the )?(?:original|returned|undelivered|rejected) (?:message|mail|e-?mail)(?: headers?| text| is)?(?: follows| below| attached| included)?\s?[.:]{0,3}$|^\s{0,4}(?:message|mail) headers? follows?|^\s{0,4}included is a copy|^\s{0,4}(?:a )?copy of (?:your|the) (?:message|mail|original)"
    r"|header and top \d+ lines|^\s{0,4}received: (?:from|by) |^return-path: ?<|^dkim-signature: |^\s{0,4}message-id: ?<|^\s{0,4}a summary of the undelivered|^\s{0,4}-{2,}\s{0,3}below",
    re.IGNORECASE,
)
_NOT_COPY: Final = re.compile(r"original message (?:was received|details)|returned (?:the following|because)|failure reasons?", re.IGNORECASE)
_HEADER_LINE: Final = re.compile(r"^([!-9;-~]{2,60}):[ \t](.*)$")
_SERVICE: Final = re.compile(
    r"^(?:postmaster|mailer-daemon|abuse|support|help|helpdesk|hostmaster|webmaster|root|noreply|no-reply|spam|admin|administrator|info-spam|feedback|removals?|delist|contact)@",
    re.IGNORECASE,
)
_SENDER_LINE: Final = re.compile(
    r"^\s*(?:from|sender|reply-to|return-path|mail from|envelope-from|de|von|message-id|contact|please|for (?:further|more)|if you|x-\w+:|received|subject|cc|date|>>> mail from|\(envelope)\b", re.IGNORECASE
)


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
    """

    name: str
    subject: str
    people: frozenset[str]
    is_null: bool
    failed: str = ""
    is_reply: bool = False
    takes_services: bool = False

    def lenient(self) -> "Sender":
        """Return the same sender, for whom `postmaster@` and the like may be a recipient too."""
        return replace(self, takes_services=True)


def read_letter(text: str, sender: Sender, *, returned_to: Sequence[str] = ()) -> Letter | None:
    """Return the bounce that a letter reports, or None if it reports none.

    text: all that the letter says, the returned mail included if it has it in the text.
    returned_to: recipients of the returned mail, for letters that name none themselves.
    """
    lines = text[:_MAX_CHARS].splitlines()[:_MAX_LINES]
    end = _copy_starts(lines)
    notice, header = lines[:end], "\n".join(lines[end:])
    said = " ".join(" ".join(notice).split())[:20_000]
    if not _is_bounce(said, sender):
        return None
    found = _recipients(notice, sender, said) or _recipients(notice, sender.lenient(), said)
    if not found:
        others = [one for one in returned_to or _addressees(lines[end:]) if _is_other(one, sender)]
        found = [(address, said[:_MAX_DIAGNOSTIC]) for address in others[:1]]
    action = _action(said, sender)
    return Letter(tuple(_reported(address, words, action) for address, words in found), header)


def _is_bounce(said: str, sender: Sender) -> bool:
    if sender.failed:
        return True
    is_system = sender.is_null or _DAEMON.search(sender.name) is not None
    says_so = _FAILED.search(said) is not None or _DELAYED.search(said) is not None
    is_titled = _SUBJECT.search(sender.subject) is not None
    if sender.is_reply and not is_titled:
        return False
    if is_system:
        return says_so and (is_titled or (not sender.subject or _DAEMON.search(sender.name) is not None))
    return is_titled and says_so and _names_failure(said)


def _names_failure(said: str) -> bool:
    """Return whether a letter of nobody in particular is about delivery beyond doubt."""
    return (
        re.search(
            r"could not be delivered|not (?:been )?delivered|undeliver|delivery fail|unable to deliver|did not reach"
            r"|pas pu (?:être|etre) d|no such user|user unknown|failed recipient|deliver\w* .{0,40}fail",
            said,
            re.IGNORECASE,
        )
        is not None
    )


def _action(said: str, sender: Sender) -> Action:
    head = f"{sender.subject} {said[:3000]}"
    if _DELAYED.search(head) and not _GAVE_UP.search(said[:1200]):
        return "delayed"
    return "failed"


def _copy_starts(lines: Sequence[str]) -> int:
    """Return the index of the first line that belongs to the returned mail."""
    for index, line in enumerate(lines):
        if len(line) < 200 and _COPY.search(line) and not _NOT_COPY.search(line) and index:
            if _DIALOGUE.search(line) or line.lstrip().startswith(("<<<", ">>>")):
                continue
            return index
        if _HEADER_LINE.match(line) and _is_header(lines, index):
            return index
    return len(lines)


def _is_header(lines: Sequence[str], start: int) -> bool:
    """Return whether a mail's header begins here: several fields, one of them a trace."""
    fields, is_traced = 0, False
    for line in lines[start : start + 12]:
        field = _HEADER_LINE.match(line)
        if field:
            name = field[1].lower()
            fields += 1
            is_traced = is_traced or name in ("received", "message-id", "return-path", "mime-version")
        elif not line[:1].isspace():
            break
    return fields >= 3 and is_traced


def _is_other(address: str, sender: Sender) -> bool:
    folded = address.casefold()
    if folded in sender.people:
        return False
    return sender.takes_services or not _SERVICE.match(folded)


def _recipients(lines: Sequence[str], sender: Sender, said: str) -> list[tuple[str, str]]:
    """Return address and words of every failed recipient, by the surest of several ways."""
    failed = [one for one in _ADDRESS.findall(sender.failed)]
    if failed:
        return [(address, _words_about(address, lines) or said[:_MAX_DIAGNOSTIC]) for address in dict.fromkeys(failed)]
    found = _leading(lines, sender)
    if found:
        return found
    for pattern in (_GENERATED, _DIALOGUE, _LABELLED):
        named = _named(lines, pattern, sender)
        if named:
            return named
    return _mentioned(lines, sender)


def _leading(lines: Sequence[str], sender: Sender) -> list[tuple[str, str]]:
    """Return the addresses that begin a line, each with what is said below it."""
    places: list[tuple[int, str, str]] = []
    for index, line in enumerate(lines):
        if "@" not in line or len(line) > 1000 or _SENDER_LINE.match(line):
            continue
        found = _LEADING.match(line)
        if found is None or not _is_other(found[1], sender):
            continue
        rest = found[2]
        if rest[:1].isalnum() or (rest[:1] == " " and rest.strip()[:1] in "様,،"):
            continue
        places.append((index, found[1].strip("'."), rest.strip(" :>")))
    words: dict[str, list[str]] = {}
    ends = [*(place[0] for place in places), len(lines)][1:]
    for (index, address, rest), end in zip(places, ends, strict=True):
        below = _paragraph(lines, index + 1, end)
        original = _GENERATED.search(" ".join([rest, *below[:2]]))
        name = original[1] if original and _is_other(original[1], sender) else address
        words.setdefault(name, []).extend([rest, *below])
    if not words and (undisclosed := _named(lines, _GENERATED, sender)):
        return undisclosed
    return [
        (address, _joined(said) or _words_about(address, lines))
        for address, said in list(words.items())[:_MAX_RECIPIENTS]
    ]


def _paragraph(lines: Sequence[str], start: int, end: int) -> list[str]:
    return [line.strip() for line in lines[start : min(end, start + 25)] if line.strip()]


def _joined(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word)[:_MAX_DIAGNOSTIC]


def _words_about(address: str, lines: Sequence[str]) -> str:
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


def _named(
    lines: Sequence[str], pattern: re.Pattern[str], sender: Sender
) -> list[tuple[str, str]]:
    found: dict[str, None] = {}
    for line in lines:
        if "@" in line and len(line) < 1000 and (pattern is not _LABELLED or not _SENDER_LINE.match(line)):
            for one in pattern.findall(line):
                if _is_other(one, sender) and len(found) < _MAX_RECIPIENTS:
                    found[one] = None
    return [(address, _words_about(address, lines)) for address in found]


def _mentioned(lines: Sequence[str], sender: Sender) -> list[tuple[str, str]]:
    """Return the first address in a sentence about failure."""
    for index, line in enumerate(lines):
        if "@" not in line or len(line) > 1000 or _SENDER_LINE.match(line):
            continue
        around = " ".join(lines[max(0, index - 2) : index + 3])
        if not _FAILED.search(around) and not _DELAYED.search(around):
            continue
        for address in _ADDRESS.findall(line):
            if _is_other(address, sender):
                return [(address, _words_about(address, lines))]
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

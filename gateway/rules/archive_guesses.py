"""Parents for archived mails that lost their headers: by series, by quotation, by answer."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from gateway.rules.archive_mail import Archived, Laid
from gateway.rules.archive_texts import unpacked

SERIES, QUOTES, ANSWER, ON_LIST = "series", "quotes", "answer", "list"
_DAY = 24 * 3600.0
_SERIES_WITHIN = 3600.0
_QUOTED_WITHIN = 730 * _DAY
_ANSWERED_WITHIN = 180 * _DAY
_LISTED_WITHIN = 30 * _DAY
_VAGUE_WITHIN = 3 * _DAY
_MOST_WRITERS = 5
_MOST_PEOPLE = 50
_MOST_SAYING = 16
_MOST_LOOKED_AT = 16
_FEW_RUNS = 2
_MANY_RUNS = 6


def series(laid: Laid) -> Mapping[int, int]:
    """Return, for parts of a series, the first part that came, by (author, count, label)."""
    opened: dict[tuple[str, int, str], tuple[int, float, dict[int, str]]] = {}
    firsts: dict[int, int] = {}
    for at, (mail, topic) in enumerate(zip(laid.mails, laid.topics, strict=True)):
        now = laid.seconds[at]
        if topic.part is None or not laid.is_dated(at):
            continue
        number, count, label = topic.part
        # The name, too, since lists and archives rewrite addresses.
        for author in {mail.writer, mail.writer_name.casefold()} - {""}:
            key = (author, count, label)
            first, last, parts = opened.get(key, (at, now, {}))
            is_other = parts.get(number, topic.base) != topic.base
            if is_other or now - last > _SERIES_WITHIN:
                first, parts = at, {}
            parts[number] = topic.base
            opened[key] = (first, now, parts)
            firsts[at] = min(first, firsts.get(at, first))
    return firsts


class Quotes:
    """Who said what is quoted."""

    def __init__(self, laid: Laid, bare: Iterable[int]) -> None:
        self._laid = laid
        mails = laid.mails
        wanted = {run for at in bare for run in unpacked(mails[at].quoted)}
        self._saying: dict[int, list[int]] = {}
        for at, mail in enumerate(mails if wanted else ()):
            for run in unpacked(mail.said):
                if run in wanted:
                    sayers = self._saying.setdefault(run, [])
                    # What everybody says, as footers, tells nothing; one more marks it.
                    if len(sayers) <= _MOST_SAYING:
                        sayers.append(at)

    def parent(self, at: int) -> int | None:
        """Return the mail that this one quotes most, if it quotes enough of it."""
        laid = self._laid
        quoted = unpacked(laid.mails[at].quoted)
        counts: Counter[int] = Counter()
        for run in quoted:
            sayers = self._saying.get(run, ())
            if len(sayers) <= _MOST_SAYING:
                counts.update(sayers)
        topic, best = laid.topics[at], (0, 0)
        for sayer, runs in counts.items():
            is_same = laid.topics[sayer].base == topic.base and bool(topic.base)
            is_long = topic.answers and runs >= _MANY_RUNS and 2 * runs >= len(quoted)
            enough = runs >= _FEW_RUNS if is_same else is_long
            if enough and laid.is_before(sayer, at, _QUOTED_WITHIN):
                best = max(best, (runs, -sayer))
        return -best[1] if best[0] else None


class Answers:
    """Mails of the same subject that an answer may answer."""

    def __init__(self, laid: Laid, bare: Iterable[int]) -> None:
        self._laid = laid
        topics = laid.topics
        bases = {topics[at].base for at in bare if topics[at].answers}
        self._mails: dict[tuple[str, ...], list[int]] = {}
        for at, (mail, topic) in enumerate(zip(laid.mails, topics, strict=True)):
            if topic.base not in bases or not laid.is_dated(at):
                continue
            for person in mail.people[:_MOST_PEOPLE]:
                for writer in {mail.writer, *mail.answer_to[:_MOST_WRITERS]}:
                    self._add((topic.base, "pair", writer, person), at)
            for place in _lists(mail):
                self._add((topic.base, "list", place), at)
                if not topic.prefixed:
                    self._add((topic.base, "opener", place), at)

    def _add(self, key: tuple[str, ...], at: int) -> None:
        self._mails.setdefault(key, []).append(at)

    def parents(self, at: int) -> Iterable[tuple[str, int | None]]:
        """Yield what this mail may answer, the surest first."""
        laid = self._laid
        mail, topic = laid.mails[at], laid.topics[at]
        if not topic.answers or not laid.is_dated(at):
            return
        within = _ANSWERED_WITHIN if topic.specific else _VAGUE_WITHIN
        if mail.writer:
            people = mail.people[:_MOST_PEOPLE]
            pairs = [(topic.base, "pair", person, mail.writer) for person in people]
            yield ANSWER, self._nearest(pairs, at, within)
        if not topic.specific:
            return
        places = _lists(mail)
        openers = [(topic.base, "opener", place) for place in places]
        yield ON_LIST, self._nearest(openers, at, _LISTED_WITHIN)
        listed = [(topic.base, "list", place) for place in places]
        yield ON_LIST, self._nearest(listed, at, _LISTED_WITHIN)

    def _nearest(self, keys: Iterable[tuple[str, ...]], at: int, within: float) -> int | None:
        """Return the newest mail under these keys that came before, of another thread."""
        laid, best = self._laid, -1
        latest = laid.latest_parent(at)
        for key in keys:
            having = self._mails.get(key, ())
            end = bisect_right(having, latest, key=laid.seconds.__getitem__)
            for one in reversed(having[max(0, end - _MOST_LOOKED_AT) : end]):
                if laid.is_before(one, at, within):
                    best = max(best, one)
                    break
        return None if best < 0 else best


def _lists(mail: Archived) -> Sequence[str]:
    """Return the places that a mail was posted to; "" where an archive took the fields away."""
    if not mail.people:
        return ("",)
    return mail.people[:_MOST_PEOPLE] if mail.is_listed else ()

# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""bounce-rules.toml beside the configuration: what refusals mean, in the admin's own rules."""

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from gateway.rules.bounce_rules import BounceRule, pieces_of
from gateway.rules.reasons import REASONS, ReasonKey
from gateway.settings import kinds
from gateway.settings.declaration import required, tables, unset
from gateway.settings.kinds import Kind, choice
from gateway.settings.mistakes import Mistake, Place
from gateway.settings.positions import Address
from gateway.settings.reading import Reading
from gateway.settings.texts import Content, Text, parse
from gateway.settings.values import Unfit

BOUNCE_RULES = "bounce-rules.toml"
_MOST = 500
_LONGEST = 200
_STARS = 8
_LETTERS = 4


class BounceKind(StrEnum):
    """What a refusal is about: the address, a passing state, or us and the mail."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"


def _pattern(text: str) -> tuple[str, ...]:
    if not text.isprintable() or len(text) > _LONGEST:
        raise Unfit(f"is not a pattern: write at most {_LONGEST} characters on one line")
    if text.count("*") > _STARS:
        raise Unfit(f"has too many asterisks: write at most {_STARS}")
    pieces = pieces_of(text)
    if sum(map(str.isalnum, "".join(pieces))) < _LETTERS:
        raise Unfit(
            f"would match too much: write at least {_LETTERS} letters or digits of the reply, "
            'such as "mailbox * is disabled"'
        )
    return pieces


def _reason(text: str) -> ReasonKey:
    if text not in REASONS:
        raise Unfit("is not a reason: write one of " + ", ".join(f'"{key}"' for key in REASONS))
    return cast("ReasonKey", text)


PATTERN: Kind[tuple[str, ...]] = kinds.of_text("words of a reply, * between them", _pattern)
REASON: Kind[ReasonKey] = kinds.of_text("key of a reason", _reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """[[rule]]."""

    pattern: tuple[str, ...] = required(
        PATTERN, "Words of the reply, in any case.", example="mailbox * is disabled"
    )
    reason: ReasonKey = required(REASON, "What they mean.", example="mailbox_off")
    kind: BounceKind | None = unset(
        choice(BounceKind), "as the reason has it", "hard | soft | policy.", example="soft"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRulesFile:
    """The whole file."""

    rule: tuple[RuleFile, ...] = tables(RuleFile, "Asked in their order; the first one holds.")


def read_rules(name: str, content: Content) -> tuple[tuple[BounceRule, ...], tuple[Mistake, ...]]:
    """Return the rules of a file, and what is wrong with it. name: of the file."""
    parsed = parse(name, content)
    if isinstance(parsed, Mistake):
        return (), (parsed,)
    reading = Reading({})
    found = reading.table(BounceRulesFile, parsed.tree) or BounceRulesFile()
    mistakes = [Mistake(_nearest(parsed, one.address), one.text) for one in reading.found]
    if len(found.rule) > _MOST:
        mistakes.append(Mistake(_nearest(parsed, ()), f"holds more than {_MOST} rules"))
    rules = (
        BounceRule(rule.pattern, rule.reason, rule.kind.value if rule.kind else None)
        for rule in found.rule
    )
    return tuple(rules), tuple(mistakes)


def _nearest(parsed: Text, address: Address) -> Place:
    while address not in parsed.places:
        address = address[:-1]
    return parsed.places[address]

"""A store with very many messages, written below the API: tables filled in bulk."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from sqlalchemy import Engine, insert, text

from gateway.mail.mailbox import Mailbox
from gateway.rules import ids
from gateway.rules.model import Channel, Conversation, Direction, Message, Participant, Threading
from gateway.rules.search import words_of
from gateway.store.conversations import _person_row as person_row
from gateway.store.conversations import _row as conversation_row
from gateway.store.message_rows import to_row
from gateway.store.tables import CONVERSATION, MESSAGE, MESSAGE_SEARCH, PARTICIPANT

PER_CONVERSATION = 8
_BATCH = 1000
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
_STATES = ("open", "waiting", "closed", "closed", "closed", "closed", "closed", "closed", "spam")
_NAMES = ("Jana", "Peter", "Eva", "Ján", "Zoë", "Jürgen", "Mária", "Tomáš")
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so")


def vocabulary(chance: random.Random) -> list[str]:
    """Return 20,000 words, the most frequent ones first, as languages have them."""
    made = {"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 5))) for _ in range(60_000)}
    return sorted(made, key=lambda word: (len(word), word))[:20_000]


class Seed:
    """Fills one company's tables. seed: the same makes the same store."""

    def __init__(self, tenant_id: str, number: int, *, seed: int = 7) -> None:
        """Write for this company."""
        self._tenant_id = tenant_id
        self._number = number
        self._chance = random.Random(seed)
        self.words = vocabulary(self._chance)
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self.words))))
        self.latest = self.address = ""
        """The id of the newest conversation, and its customer's address."""

    def fill(self, engine: Engine, messages: int) -> None:
        """Add so many messages in conversations; then let the database know its tables."""
        rows: tuple[list[object], ...] = ([], [], [], [])
        with engine.connect() as connection:
            for at in range(messages // PER_CONVERSATION):
                for kind, made in zip(rows, self._conversation(at), strict=True):
                    kind.extend(made)
                if at % _BATCH == _BATCH - 1:
                    _store(connection, rows)
            _store(connection, rows)
            if engine.dialect.name == "postgresql":
                for table in (CONVERSATION, MESSAGE):
                    sequence = f"pg_get_serial_sequence('{table.name}', 'position')"
                    last = f"(SELECT max(position) FROM {table.name})"
                    connection.execute(text(f"SELECT setval({sequence}, {last})"))
                connection.commit()
            connection.execute(text("ANALYZE"))
            connection.commit()

    def _conversation(self, at: int) -> Iterator[list[dict[str, object]]]:
        chance, began = self._chance, _BEGAN + timedelta(minutes=6 * at)
        customer = at % 40_000
        who = Mailbox(
            f"{chance.choice(_NAMES)} {self.words[customer % 5000].title()}",
            f"{self.words[customer % 20_000]}{customer}@client{customer % 997}.example",
        )
        conversation_id = ids.new_id(ids.CONVERSATION, began, chance.randbytes(9))
        last = began + timedelta(hours=5 * (PER_CONVERSATION - 1))
        messages = [
            self._message(conversation_id, at, turn, who, began + timedelta(hours=5 * turn))
            for turn in range(PER_CONVERSATION)
        ]
        state = chance.choice(_STATES)
        conversation = Conversation(
            id=conversation_id,
            tenant_id=self._tenant_id,
            subject=messages[0].subject,
            customer=who,
            created_at=began,
            updated_at=last,
            status=state,  # type: ignore[arg-type]  # the row keeps its text
            unread=int(chance.random() < 0.02),
            failed=chance.random() < 0.01,
            last_message=messages[-1].text[:120],
            last_message_at=last,
            tags=("vip",) if at % 50 == 0 else (),
        )
        person = Participant(
            at + 1, self._tenant_id, conversation_id, who, "customer", began, approved=True
        )
        self.latest, self.address = conversation_id, who.address
        yield [{**conversation_row(conversation), "invoice_ids": ""}]
        yield [person_row(person)]
        yield [{**to_row(one), "position": one.position} for one in messages]
        yield [
            {
                "position": one.position,
                "tenant_id": self._tenant_id,
                "words": words_of(one, self._number),
            }
            for one in messages
        ]

    def _message(
        self, conversation_id: str, at: int, turn: int, who: Mailbox, when: datetime
    ) -> Message:
        chance = self._chance
        said = chance.choices(self.words, cum_weights=self._weights, k=chance.randint(15, 80))
        said[3] = f"inv{at}"
        ours, comes = Mailbox("Acme s.r.o.", "acme-sro@mail.example.com"), turn % 2 == 1
        message_text = " ".join(said)
        return Message(
            id=ids.new_id(ids.MESSAGE, when, chance.randbytes(9)),
            tenant_id=self._tenant_id,
            conversation_id=conversation_id,
            direction=Direction.IN if comes else Direction.OUT,
            channel=Channel.EMAIL,
            from_=who if comes else ours,
            to=(ours if comes else who,),
            subject=f"{'Re: ' if comes else ''}Invoice 2024-{at:06d} {' '.join(said[:2])}",
            received_at=when,
            position=at * PER_CONVERSATION + turn + 1,
            date=when,
            text=message_text,
            full_text=message_text,
            threading=Threading("token", ""),
            author_ref=at + 1 if comes else None,
        )


def _store(connection: "object", rows: tuple[list[object], ...]) -> None:
    for table, made in zip((CONVERSATION, PARTICIPANT, MESSAGE, MESSAGE_SEARCH), rows, strict=True):
        if made:
            connection.execute(insert(table), made)  # type: ignore[attr-defined]
            made.clear()
    connection.commit()  # type: ignore[attr-defined]

"""Our own names: domains, addresses, links, and whose they are."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from gateway.mail.mailbox import Mailbox
from gateway.rules import ids
from gateway.rules.model import Delivery, Invoice, Participant, Tenant
from gateway.rules.own_server import Replies, route_of, settings_of
from gateway.rules.tokens import (
    ItemRef,
    Keyring,
    Label,
    LinkRef,
    PdfRef,
    PersonRef,
    answer_token,
    chat_token,
    item_token,
    pdf_token,
    reader_token,
    reminders_token,
)

RESERVED_SLUGS = frozenset(
    {"postmaster", "abuse", "mailer-daemon", "noreply", "no-reply", "root", "admin"}
)
"""What no company may be called, since those addresses mean something else."""

LOCAL_PART_OCTETS = 64
_SLUG_CHARS = 40
_LETTERS = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "ı": "i", "ħ": "h", "ŋ": "n", "ə": "e",
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ye", "ж": "zh",
    "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n",
    "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
    "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
    "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip


def slug_of(name: str) -> str:
    """Return a company's name in a-z, 0-9 and single hyphens: "Acme s.r.o." gives "acme-sro".

    Letters of other alphabets are transliterated where we know how; "company" is what
    remains of a name of which nothing remains.
    """
    words: list[str] = []
    word = ""
    for char in unicodedata.normalize("NFKD", name.lower()).lower():
        text = _LETTERS.get(char, char)
        if text.isascii() and text.isalnum():
            word += text
        elif char == "&":
            words += [word, "and"]
            word = ""
        elif not unicodedata.combining(char) and char not in ".'’`":
            words.append(word)
            word = ""
    slug = "-".join(part for part in [*words, word] if part)[:_SLUG_CHARS].strip("-")
    return slug or "company"


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """Return `wanted`, with "-2", "-3" ... behind it if it is taken."""
    slug, number = wanted, 2
    while slug in taken:
        ending = f"-{number}"
        slug = wanted[: _SLUG_CHARS - len(ending)].rstrip("-") + ending
        number += 1
    return slug


def split_address(address: str) -> tuple[str, str]:
    """Return local part and domain in lower case; "" for what is missing."""
    local, _, domain = address.rpartition("@")
    return local, domain.lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of this installation; domains in lower case, public_url without a last slash."""

    hostname: str
    sender: str
    reply: str
    bounce: str
    public_url: str

    def owns(self, domain: str) -> bool:
        """Say whether mail to this domain is ours."""
        return domain in {self.sender, self.reply, self.bounce}

    def sender_address(self, tenant: Tenant) -> str:
        """Return the company's address at the gateway, by which mail reaches it, too."""
        return f"{tenant.slug}@{self.sender}"

    def author_address(self, tenant: Tenant) -> str:
        """Return the address that the company's mail comes from.

        Its own server's; else the one of its own domain, while that is proven; else ours.
        """
        settings = settings_of(tenant)
        if settings.uses_own_server:
            return settings.account.sender or self.sender_address(tenant)
        return tenant.own_sender.address if tenant.own_sender else self.sender_address(tenant)

    def sender_mailbox(self, tenant: Tenant) -> Mailbox:
        """Return the company's name and the address that its mail comes from."""
        return Mailbox(tenant.name, self.author_address(tenant))

    def answers_mailbox(self, keys: Keyring, tenant: Tenant, ref: int) -> Mailbox:
        """Return where a participant's answers go, by the company's choice."""
        settings = settings_of(tenant)
        if settings.uses_own_server and settings.replies is Replies.MAILBOX:
            return self.sender_mailbox(tenant)
        return self.reply_mailbox(keys, tenant, ref)

    def reply_mailbox(self, keys: Keyring, tenant: Tenant, ref: int) -> Mailbox:
        """Return where a participant's answers go: the company's name first, then the token."""
        token = answer_token(keys, PersonRef(tenant.number, ref))
        decoration = tenant.slug[: LOCAL_PART_OCTETS - len(token) - 1].rstrip("-")
        return Mailbox(tenant.name, f"{decoration}-{token}@{self.reply}")

    def staff_mailbox(self, keys: Keyring, tenant: Tenant, message_id: str) -> Mailbox:
        """Return where the company's people answer a message that they were told of."""
        body = ids.body_of(ids.MESSAGE, message_id) or b""
        token = item_token(keys, Label.STAFF, ItemRef(tenant.number, body))
        decoration = tenant.slug[: LOCAL_PART_OCTETS - len(token) - 1].rstrip("-")
        return Mailbox(tenant.name, f"{decoration}-{token}@{self.reply}")

    def return_path(self, keys: Keyring, tenant: Tenant, delivery_id: str) -> str:
        """Return where reports about a delivery go."""
        if route_of(tenant) is not None:
            # Its own server would refuse ours; reports go to its mailbox.
            return self.author_address(tenant)
        body = ids.body_of(ids.DELIVERY, delivery_id) or b""
        return (
            f"b-{item_token(keys, Label.RETURN_PATH, ItemRef(tenant.number, body))}@{self.bounce}"
        )

    def message_id(self, keys: Keyring, tenant: Tenant, message_id: str) -> str:
        """Return the Message-ID, without brackets, of a message of ours."""
        body = ids.body_of(ids.MESSAGE, message_id) or b""
        return f"{item_token(keys, Label.MESSAGE_ID, ItemRef(tenant.number, body))}@{self.sender}"

    def marker(self, keys: Keyring, tenant: Tenant, message_id: str) -> str:
        """Return the token that a message of ours carries in its body."""
        body = ids.body_of(ids.MESSAGE, message_id) or b""
        return item_token(keys, Label.BODY_MARKER, ItemRef(tenant.number, body))

    def chat_url(self, keys: Keyring, tenant: Tenant, person: Participant) -> str:
        """Return the link to a person's chat window."""
        return f"{self.public_url}/c/{chat_token(keys, self._link(tenant, person))}"

    def pdf_url(
        self, keys: Keyring, tenant: Tenant, person: Participant, invoice: Invoice
    ) -> str | None:
        """Return the link that downloads an invoice's PDF, or None if there is none."""
        body = ids.body_of(ids.INVOICE, invoice.id)
        if invoice.pdf_attachment_id is None or body is None:
            return None
        return f"{self.public_url}/d/{pdf_token(keys, PdfRef(self._link(tenant, person), body))}"

    def reminders_url(self, keys: Keyring, tenant: Tenant, person: Participant) -> str:
        """Return the link that stops reminders to a person (RFC 8058)."""
        token = reminders_token(keys, PersonRef(tenant.number, person.ref))
        return f"{self.public_url}/u/{token}"

    def reader_url(
        self, keys: Keyring, tenant: Tenant, person: Participant, invoice: Invoice
    ) -> str:
        """Return the link by which a person lets somebody else look at an invoice."""
        body = ids.body_of(ids.INVOICE, invoice.id) or b""
        return f"{self.public_url}/v/{reader_token(keys, PdfRef(self._link(tenant, person), body))}"

    def _link(self, tenant: Tenant, person: Participant) -> LinkRef:
        return LinkRef(PersonRef(tenant.number, person.ref), person.link_issue)


def domain_of(delivery: Delivery) -> str:
    """Return the domain that a delivery goes to, in lower case."""
    return split_address(delivery.recipient.address)[1]

"""What a company's conversations and invoices are, said as simply as it can be."""

from dataclasses import dataclass, field
from decimal import Decimal

ZERO = Decimal(0)


@dataclass
class Talk:
    """A conversation. messages: ids in their order; came: those of the customer's.

    unread: what came since the company read. people: addresses that were ever in it.
    """

    id: str
    customer: str
    status: str
    people: set
    messages: list = field(default_factory=list)
    came: set = field(default_factory=set)
    unread: int = 0
    invoices: list = field(default_factory=list)

    def wait(self):
        """The company wrote: now it waits, unless it was done with it."""
        if self.status == "open":
            self.status = "waiting"


@dataclass
class Bill:
    """An invoice. payments: id to [amount, confirmed]; message: the one that brought it."""

    id: str
    number: str
    amount: Decimal
    message: str
    payments: dict = field(default_factory=dict)
    cancelled: bool = False

    @property
    def paid(self):
        return sum((amount for amount, confirmed in self.payments.values() if confirmed), ZERO)

    @property
    def open(self):
        return ZERO if self.cancelled else max(self.amount - self.paid, ZERO)

    @property
    def status(self):
        if self.cancelled:
            return "cancelled"
        if self.paid >= self.amount:
            return "paid"
        return "claimed" if len(self.payments) > self.confirmed else "open"

    @property
    def confirmed(self):
        return sum(confirmed for _, confirmed in self.payments.values())


class Model:
    """A company. words: what each customer wrote, until they are erased."""

    def __init__(self):
        self.talks = {}
        self.bills = {}
        self.words = {}

    def bill_home(self, bill):
        """Return the conversation that an invoice is in; None once it was erased."""
        return next((one for one in self.talks.values() if bill.id in one.invoices), None)

    def merge(self, old_id, new_id):
        """Move everything; the newer messages stay the newer ones."""
        old, new = self.talks.pop(old_id), self.talks[new_id]
        new.messages = sorted([*new.messages, *old.messages])
        new.invoices = sorted([*new.invoices, *old.invoices])
        new.came |= old.came
        new.people |= old.people
        new.unread += old.unread
        if "open" in {old.status, new.status}:
            new.status = "open"

    def split(self, old_id, new_id, going):
        """Move some messages, with the invoices that they brought, into a new conversation."""
        old = self.talks[old_id]
        unseen = set([one for one in old.messages if one in old.came][-old.unread or None :])
        unseen = unseen if old.unread else set()
        new = Talk(new_id, old.customer, old.status, set(old.people))
        new.messages = [one for one in old.messages if one in going]
        old.messages = [one for one in old.messages if one not in going]
        new.came, old.came = old.came & set(going), old.came - set(going)
        new.unread, old.unread = len(unseen & set(going)), len(unseen - set(going))
        new.invoices = [one for one in old.invoices if self.bills[one].message in going]
        old.invoices = [one for one in old.invoices if one not in new.invoices]
        self.talks[new_id] = new

    def erase(self, address):
        """Forget whatever a person was in; the facts of invoices stay."""
        gone = [one for one, talk in self.talks.items() if address in talk.people]
        for one in gone:
            del self.talks[one]
        return self.words.pop(address, [])

"""The collections of one transaction."""

from datetime import datetime

from gateway.store.audit import Audit
from gateway.store.contents import Contents
from gateway.store.conversations import Conversations
from gateway.store.deliveries import Deliveries
from gateway.store.events import Events
from gateway.store.hooks import Hooks
from gateway.store.invoices import Invoices
from gateway.store.keys import Keys
from gateway.store.messages import Messages
from gateway.store.privacy import Privacy
from gateway.store.repeats import Facts, Repeats
from gateway.store.sender_domains import SenderDomains
from gateway.store.spool import Spool
from gateway.store.sts_cache import StsCache
from gateway.store.suppressions import Suppressions
from gateway.store.team import Team
from gateway.store.tenants import Tenants
from gateway.store.transaction import Transaction
from gateway.store.turns import Turns


class Work:
    """Implements `ports.store.Work`; made once for each connection.

    turns: shared by all of a store.
    """

    def __init__(self, transaction: Transaction, turns: Turns) -> None:
        self._transaction = transaction
        self.tenants = Tenants(transaction)
        self.keys = Keys(transaction)
        self.contents = Contents(transaction)
        self.spool = Spool(transaction)
        self.conversations = Conversations(transaction)
        self.messages = Messages(transaction)
        self.deliveries = Deliveries(transaction, turns)
        self.invoices = Invoices(transaction)
        self.suppressions = Suppressions(transaction)
        self.events = Events(transaction)
        self.repeats = Repeats(transaction)
        self.facts = Facts(transaction)
        self.sts = StsCache(transaction)
        self.sender_domains = SenderDomains(transaction)
        self.hooks = Hooks(transaction)
        self.team = Team(transaction)
        self.audit = Audit(transaction)
        self.privacy = Privacy(transaction)

    def forget_past(self, now: datetime) -> int:
        """Forget what is kept for a time: sessions, links, repeats, policies, attempts, the log.

        Return how many.
        """
        kept = (self.keys, self.repeats, self.sts, self.hooks, self.audit)
        return sum(each.forget_past(now) for each in kept)

    def wake(self, topic: str) -> None:
        """Wake who waits for a topic ("spool", "deliveries", "events") after the commit."""
        self._transaction.wake(topic)

"""DNS as a table, for the Lookups port."""

from gateway.ports.relay import DnsFault, Mx, NoAnswer, NoSuchDomain

TIMEOUT = "TIMEOUT"


class Zone:
    """Answers from a table of name to kind to values; `TIMEOUT` as value, or for a name, fails.

    A value of MX is (preference, host). CNAME is followed. `asked` holds the questions.
    """

    def __init__(self, table):
        self._table = {name.lower().rstrip("."): kinds for name, kinds in table.items()}
        self.asked = []

    async def txt(self, name):
        return self._answer(name, "TXT")

    async def ipv4(self, host):
        return self._answer(host, "A")

    async def ipv6(self, host):
        return self._answer(host, "AAAA")

    async def mx(self, domain):
        return [Mx(preference, host.rstrip(".")) for preference, host in self._answer(domain, "MX")]

    async def ptr(self, address):
        return [name.rstrip(".") for name in self._answer(reverse_name(address), "PTR")]

    def _answer(self, name, kind, hops=0):
        name = name.lower().rstrip(".")
        if not hops:
            self.asked.append((name, kind))
        kinds = self._table.get(name)
        if kinds is None:
            raise NoSuchDomain(name)
        if kinds == TIMEOUT:
            raise DnsFault(f"{name}: no answer")
        if "CNAME" in kinds:
            if hops > 8:
                raise DnsFault(f"{name}: a loop")
            return self._answer(kinds["CNAME"][0], kind, hops + 1)
        values = kinds.get(kind)
        if values == TIMEOUT:
            raise DnsFault(f"{name}: no answer about {kind}")
        if not values:
            raise NoAnswer(name)
        return list(values)


def reverse_name(address):
    from ipaddress import ip_address

    return ip_address(address).reverse_pointer

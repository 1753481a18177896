"""A company's own sender domain on a running gateway: proven, signed for, broken, well again."""

import dkim
import dns.resolver
import pytest

from gateway.runtime.dkim_keys import split_txt
from tests.journeys.company import ADMIN, ADMIN_KEY, Company
from tests.journeys.hop import next_hop
from tests.journeys.process import gateway
from tests.journeys.test_verification import dns_server

pytestmark = pytest.mark.journey

PATH = "/v1/settings/email/sender-domain"
ADDRESS = "invoices@acme.example"


def zone_text(kind, value):
    if kind == "TXT":
        return " ".join(f'"{part}"' for part in split_txt(value))
    return f"{value}." if kind in {"CNAME", "MX", "PTR"} else value


def publish(server, rows):
    """Publish records as they are shown: by the API, or by `postroom dns --json`."""
    for row in rows:
        server.zone[row["name"], row["type"]] = [zone_text(row["type"], row["value"])]


def take_away(server, rows):
    for row in rows:
        server.zone.pop((row["name"], row["type"]), None)


def aliases(claim):
    return [row for row in claim["records"] if row["type"] == "CNAME"]


def verified(server, raw):
    """Say whether dkimpy finds the first signature good, with what the DNS server answers."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port

    def txt(name, timeout=5):
        answer = resolver.resolve(name.decode(), "TXT")
        return b"".join(answer[0].strings)

    return dkim.verify(raw, dnsfunc=txt)


def tags(mail):
    pairs = (tag.strip().split("=", 1) for tag in mail["DKIM-Signature"].split(";") if tag.strip())
    return {name: "".join(value.split()) for name, value in pairs}


class Sent:
    """What a customer got: the author's address, d= of the signature, whether it is good."""

    def __init__(self, server, hop, company):
        self.server, self.hop, self.company, self.count = server, hop, company, 0

    def next(self):
        """Send an invoice; return author, d= and whether the signature is good."""
        self.count += 1
        recipient = f"{self.company.slug}-{self.count}@client.example"
        invoice = {
            "number": f"{self.company.slug}-{self.count}",
            "amount": "10.00",
            "currency": "EUR",
            "customer": {"name": "Jana", "email": recipient},
        }
        self.company.post("/v1/invoices", invoice, status=202)
        caught = self.hop.next_for(recipient)
        mail = caught.mail
        assert mail["Reply-To"].addresses[0].domain == "reply.example.com"
        author = mail["From"].addresses[0].addr_spec
        return author, tags(mail)["d"], verified(self.server, caught.content)


def status(company, wanted):
    """Wait until the domain stands so."""

    def look():
        claim = company.get(PATH)
        return claim if claim["status"] == wanted else None

    return company.until(look, f"sender domain {wanted}")


def test_a_domain_is_proven_signed_for_broken_and_well_again(tmp_path):
    with dns_server({}) as server, next_hop() as hop:
        wanted = f'{ADMIN}[dns]\nresolvers = ["127.0.0.1:{server.port}"]\nrecheck = "1s"\n'
        with gateway(tmp_path, settings=wanted + hop.settings) as running:
            own = running.json("dns", "--address", "192.0.2.7")
            publish(server, own)
            acme, bolt = Company.added(running, "Acme"), Company.added(running, "Bolt")
            mails = Sent(server, hop, acme)

            claim = acme.api.put(PATH, json={"address": ADDRESS}).json()
            assert (claim["status"], claim["sending_from"]) == ("pending", acme.address)
            assert [row["state"] for row in aliases(claim)] == ["missing", "missing"]
            assert mails.next() == (acme.address, "mail.example.com", True)

            publish(server, aliases(claim))
            claim = acme.post(f"{PATH}/verify")
            assert (claim["status"], claim["sending_from"]) == ("verified", ADDRESS)
            assert mails.next() == (ADDRESS, "acme.example", True)

            other = bolt.api.put(PATH, json={"address": "bolt@acme.example"}).json()
            assert other["status"] == "pending"
            assert [row["found"] for row in aliases(other)] == [[], []]
            publish(server, aliases(other))
            status(bolt, "verified")
            assert Sent(server, hop, bolt).next() == ("bolt@acme.example", "acme.example", True)

            take_away(server, aliases(claim)[:1])
            assert [row["state"] for row in aliases(status(acme, "failed"))] == ["missing", "ok"]
            assert mails.next() == (acme.address, "mail.example.com", True)
            assert bolt.get(PATH)["status"] == "verified"

            publish(server, aliases(claim))
            status(acme, "verified")
            assert mails.next() == (ADDRESS, "acme.example", True)
            told = [acme.events(f"sender_domain.{kind}") for kind in ("verified", "failed")]
            assert [len(one) for one in told] == [2, 1]
            assert acme.api.delete(PATH).status_code == 204
            assert acme.get(PATH, status=404)["code"] == "not_found"
            assert mails.next() == (acme.address, "mail.example.com", True)
            acme.close()
            bolt.close()


def test_a_record_of_our_own_that_breaks_is_told_once(tmp_path):
    with dns_server({}) as server:
        wanted = f'{ADMIN}[dns]\nresolvers = ["127.0.0.1:{server.port}"]\nrecheck = "1s"\n'
        with gateway(tmp_path, settings=wanted) as running:
            publish(server, running.json("dns", "--address", "192.0.2.7"))
            assert running.cli("dns", "--check", "--address", "192.0.2.7").returncode == 0
            admin = running.client(ADMIN_KEY)

            def metrics():
                lines = admin.get("/metrics").text.splitlines()
                found = [line for line in lines if line.startswith("postroom_dns_records{")]
                return {line.split('"')[1]: float(line.split()[1]) for line in found}

            company = Company.added(running, "Acme")
            company.until(lambda: metrics().get("ok", 0) > 10, "all records are right")
            mx = [{"name": "reply.example.com", "type": "MX", "value": "10 mail.example.com"}]
            take_away(server, mx)
            company.until(lambda: metrics()["drifted"] == 1, "a drift")
            publish(server, mx)
            company.until(lambda: metrics()["drifted"] == 0, "its end")
            server.zone["reply.example.com"] = "SERVFAIL"
            company.until(lambda: metrics()["unknown"] > 0, "a look that DNS did not answer")
            assert metrics()["drifted"] == 0
            log = running.log.read_text()
            assert [log.count(event) for event in ("dns.drifted", "dns.recovered")] == [1, 1]
            company.close()
            admin.close()

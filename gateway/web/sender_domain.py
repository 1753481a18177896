"""A company's own sender domain, on the page of its email settings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from gateway.flow.refusal import Kind, Refused
from gateway.rules.dns_verdicts import Published, Verdict
from gateway.rules.domain_claims import shown_domain
from gateway.rules.model import Tenant
from gateway.rules.own_server import settings_of
from gateway.rules.sender_domains import (
    SenderDomain,
    Standing,
    is_optional,
    is_ours,
    own_sender,
    shown,
)
from gateway.web.company import framed
from gateway.web.pages import STATUS, Pages
from gateway.web.services import WebServices
from gateway.web.signin import Seat, SignIn
from gateway.web.uploads import fields_of
from gateway.web.wording import Wording

PATH = "/inbox/settings/domain"
_SHOWN_AGAIN = frozenset({Kind.INVALID, Kind.TOO_MANY, Kind.CONFLICT, Kind.NOT_FOUND})
_STANDINGS = {
    Standing.PENDING: ("Waiting for DNS", "soon"),
    Standing.VERIFIED: ("Verified", "paid"),
    Standing.FAILED: ("Broken", "over"),
}
_STATES = {
    Published.OK: ("Found", "paid"),
    Published.MISSING: ("Missing", "over"),
    Published.DIFFERS: ("Differs", "over"),
    Published.UNKNOWN: ("No answer yet", "off"),
}


class SenderDomainPage:
    """Answers under /inbox/settings/domain for those who may change settings."""

    def __init__(self, services: WebServices, pages: Pages, sign_in: SignIn) -> None:
        """Work with these journeys; `sign_in` knows who comes."""
        self._services = services
        self._pages = pages
        self._sign_in = sign_in

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route = self._pages.route
        return [
            route(PATH, self.show),
            route(PATH, self.save, method="POST"),
            route(f"{PATH}/check", self.check, method="POST"),
            route(f"{PATH}/remove", self.remove, method="POST"),
        ]

    async def show(self, request: Request) -> Response:
        """Show what is to be published, and what DNS answered last."""
        if await self._sign_in.seat(request) is None:
            return await self._sign_in.page(request)
        seat = await self._sign_in.setter(request)
        return await self._page(seat)

    async def save(self, request: Request) -> Response:
        """Claim the address in the form, and ask DNS at once."""
        seat = await self._sign_in.setter(request)
        address = (await fields_of(request)).get("address", "").strip()[:320]
        try:
            await self._services.sender_domains.claim(seat.tenant, address)
        except Refused as refused:
            return await self._refused(seat, refused, address)
        return await self._page(seat, done="Saved.")

    async def check(self, request: Request) -> Response:
        """Ask DNS now."""
        seat = await self._sign_in.setter(request)
        try:
            await self._services.sender_domains.check(seat.tenant)
        except Refused as refused:
            return await self._refused(seat, refused)
        return await self._page(seat, done="DNS was asked just now.")

    async def remove(self, request: Request) -> Response:
        """Give the domain up."""
        seat = await self._sign_in.setter(request)
        await self._services.sender_domains.remove(seat.tenant)
        return await self._page(seat, done="Mail comes from the gateway's address from now on.")

    async def _refused(self, seat: Seat, refused: Refused, address: str = "") -> Response:
        if refused.kind not in _SHOWN_AGAIN:
            raise refused
        trouble = f"{seat.say.refusal(refused)} {seat.say.text(refused.hint or '')}".strip()
        status = STATUS[refused.kind]
        return await self._page(seat, trouble=trouble, address=address, status=status)

    async def _page(
        self,
        seat: Seat,
        *,
        done: str = "",
        trouble: str = "",
        address: str = "",
        status: int = 200,
    ) -> Response:
        say, names = seat.say, self._services.context.names
        claim = await self._services.sender_domains.of(seat.tenant)
        tenant = replace(seat.tenant, own_sender=own_sender(claim))
        verdicts = shown(claim, names.sender) if claim else ()
        values = {
            **framed(seat, "settings", say),
            "claim": _claim(claim, tenant, say) if claim else None,
            "rows": _rows(verdicts, say),
            "gateway_address": names.sender_address(tenant),
            "sends_from": names.author_address(tenant),
            "own_server": settings_of(tenant).uses_own_server,
            "offered": self._services.sender_domains.offered,
            "address": address or (_as_read(claim) if claim else ""),
            "done": say.text(done) if done else "",
            "trouble": trouble,
        }
        return self._pages.page("sender_domain.html", values, say=say, status=status)


def domain_failure(claim: SenderDomain | None, tenant: Tenant, say: Wording) -> str:
    """Return what the Inbox says of a domain whose records broke; "" while all is well."""
    if claim is None or claim.standing is not Standing.FAILED:
        return ""
    if settings_of(tenant).uses_own_server:
        return ""
    words = (
        "The DNS records of {domain} are broken since {moment}: "
        "mail comes from the gateway's address until they are right."
    )
    moment = say.moment(claim.since, tenant.timezone)
    return say.text(words, domain=shown_domain(claim.domain), moment=moment)


def _as_read(claim: SenderDomain) -> str:
    return f"{claim.address.rpartition('@')[0]}@{shown_domain(claim.domain)}"


def _claim(claim: SenderDomain, tenant: Tenant, say: Wording) -> Mapping[str, Any]:
    words, chip = _STANDINGS[claim.standing]
    zone, checked = tenant.timezone, claim.checked_at
    people_read = shown_domain(claim.domain)
    return {
        "address": claim.address,
        "domain": claim.domain,
        "people_read": people_read if people_read != claim.domain else "",
        "standing": claim.standing.value,
        "words": say.text(words),
        "chip": chip,
        "since": say.moment(claim.since, zone),
        "checked": say.moment(checked, zone) if checked else "",
    }


def _rows(verdicts: Sequence[Verdict], say: Wording) -> Sequence[Mapping[str, Any]]:
    """Return what stands in the list: our own record only where it is at fault."""
    return [
        {
            "type": one.record.type,
            "name": one.record.name,
            "value": one.record.value,
            "purpose": one.record.purpose,
            "optional": is_optional(one.record),
            "ours": is_ours(one.record),
            "state": say.text(_STATES[one.state][0]),
            "chip": "off" if _is_harmless(one) else _STATES[one.state][1],
            "found": one.found if one.state is not Published.OK else (),
            "remedy": one.remedy,
        }
        for one in verdicts
        if not (is_ours(one.record) and one.state is Published.OK)
    ]


def _is_harmless(verdict: Verdict) -> bool:
    return is_optional(verdict.record) and verdict.state is not Published.OK

"""Companies."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import String, bindparam, delete, func, literal_column, or_, select, update

from gateway.ports.lists import Listed, Page, Stale, Taken
from gateway.rules.model import HOUSE_TENANT_ID, Tenant
from gateway.rules.sender_domains import OwnSender
from gateway.rules.testing import FOLLOWED, is_test, mirror_id_of, reflected
from gateway.store.counters import next_number
from gateway.store.cursors import begins_before, listed, whole
from gateway.store.deliveries import cancel_all
from gateway.store.hooks import remove_hooks
from gateway.store.rows import dict_json, from_dict, from_micros, to_micros
from gateway.store.sender_domains import remove_sender_domain
from gateway.store.statements import Statement, columns, new
from gateway.store.tables import API_KEY, LOGIN, SENDER_DOMAIN, TENANT, WEB_SESSION
from gateway.store.transaction import Row, Transaction

_KIND = "ten"
_C = TENANT.c
_HERE = _C.removed_at.is_(None)
_COMPANY = _HERE & (_C.id != HOUSE_TENANT_ID)
_D = SENDER_DOMAIN.c
_LIVE_ID = func.replace(_C.id, literal_column("'tst_'", String), literal_column("'ten_'", String))
_PROVEN = (_D.tenant_id == _LIVE_ID) & (_D.standing == literal_column("'verified'", String))
_SHOWN = select(
    *[column for column in _C if column is not _C.removed_at],
    _D.address.label("own_address"),
    _D.token.label("own_token"),
).select_from(TENANT.outerjoin(SENDER_DOMAIN, _PROVEN))
_LIVE = _COMPANY & ~_C.id.startswith("tst\\_", escape="\\")
_OF_TEST = "--test"
"""Ends the slug of a test company as it is kept; no other slug has two hyphens in a row."""
_CHANGED = columns(TENANT, "number", "id", "created_at", "removed_at")

_ADD = Statement(
    new(TENANT).on_conflict_do_nothing(index_elements=["slug"]), keys=columns(TENANT, "removed_at")
)
_GET = Statement(_SHOWN.where(_C.id == bindparam("id"), _HERE))
_BY_SLUG = Statement(_SHOWN.where(_C.slug == bindparam("slug"), _HERE))
_BY_NUMBER = Statement(_SHOWN.where(_C.number == bindparam("number"), _HERE))
_ALL = Statement(_SHOWN.where(_COMPANY).order_by(_C.number))
_PAGE = Statement(
    _SHOWN.where(_LIVE, _C.number < bindparam("before"))
    .order_by(_C.number.desc())
    .limit(bindparam("limit"))
)
_HOLDER = Statement(select(_C.id).where(_C.slug == bindparam("slug")))
_CHANGE = Statement(
    update(TENANT).where(_C.id == bindparam("the_id"), _C.version == bindparam("was"), _HERE),
    keys=_CHANGED,
)
_FOLLOW = Statement(
    update(TENANT).where(_C.id == bindparam("the_mirror"), _HERE),
    keys=["slug", "updated_at", *FOLLOWED],
)
_REMOVE = Statement(
    update(TENANT).where(_C.id == bindparam("the_id"), _COMPANY).values(slug=None),
    keys=["removed_at"],
)
_REVOKE_KEYS = Statement(
    update(API_KEY)
    .where(
        API_KEY.c.tenant_id == bindparam("the_tenant"),
        or_(API_KEY.c.revoked_at.is_(None), API_KEY.c.revoked_at > bindparam("moment")),
    )
    .values(revoked_at=bindparam("moment"))
)
_REVOKE_LOGINS = Statement(
    update(LOGIN)
    .where(LOGIN.c.tenant_id == bindparam("the_tenant"), LOGIN.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("moment"))
)
_END_SESSIONS = Statement(
    delete(WEB_SESSION).where(WEB_SESSION.c.tenant_id == bindparam("tenant_id"))
)


class Tenants:
    """Implements `ports.directory.Tenants`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, tenant: Tenant) -> Tenant:
        """Add it and return it with its `number`; raises Taken("slug")."""
        self._check_slug(tenant)
        added = replace(tenant, number=next_number(self._transaction, "", _KIND))
        if self._transaction.run(_ADD, _row(added)) != 1:
            raise Taken("slug")
        return added

    def get(self, tenant_id: str) -> Tenant | None:
        """Return it, or None if unknown or removed."""
        return _maybe(self._transaction.row(_GET, {"id": tenant_id}))

    def by_slug(self, slug: str) -> Tenant | None:
        """Return it, or None."""
        return _maybe(self._transaction.row(_BY_SLUG, {"slug": slug}))

    def by_number(self, number: int) -> Tenant | None:
        """Return it, or None."""
        return _maybe(self._transaction.row(_BY_NUMBER, {"number": number}))

    def all(self) -> Sequence[Tenant]:
        """Return every company but the house, test companies too, by number."""
        return [_tenant(row) for row in self._transaction.rows(_ALL, {})]

    def page(self, page: Page) -> Listed[Tenant]:
        """Return companies but the house and test companies, newest first."""
        parameters = {"before": begins_before(_KIND, page), "limit": page.limit + 1}
        rows = self._transaction.rows(_PAGE, parameters)
        rows, cursor = listed(_KIND, page, rows, lambda row: (row[0],))
        return whole([_tenant(row) for row in rows], cursor)

    def change(self, tenant: Tenant) -> Tenant:
        """Store the fields and return it with `version` + 1; raises Taken, Stale (version)."""
        self._check_slug(tenant)
        changed = replace(tenant, version=tenant.version + 1)
        row = {**_row(changed), "the_id": tenant.id, "was": tenant.version}
        if self._transaction.run(_CHANGE, row) != 1:
            raise Stale("the company was changed by somebody else")
        if not is_test(tenant.id):
            follows = _row(reflected(changed))
            self._transaction.run(_FOLLOW, {**follows, "the_mirror": follows["id"]})
        return changed

    def remove(self, tenant_id: str, now: datetime) -> bool:
        """Mark it removed, revoke its keys and logins, cancel its deliveries.

        Its test company goes with it.
        """
        if not is_test(tenant_id):
            self.remove(mirror_id_of(tenant_id), now)
        moment = to_micros(now)
        transaction = self._transaction
        if transaction.run(_REMOVE, {"the_id": tenant_id, "removed_at": moment}) != 1:
            return False
        for statement in (_REVOKE_KEYS, _REVOKE_LOGINS):
            transaction.run(statement, {"the_tenant": tenant_id, "moment": moment})
        transaction.run(_END_SESSIONS, {"tenant_id": tenant_id})
        cancel_all(transaction, tenant_id, moment)
        remove_hooks(transaction, tenant_id, moment)
        remove_sender_domain(transaction, tenant_id)
        return True

    def _check_slug(self, tenant: Tenant) -> None:
        holder = self._transaction.row(_HOLDER, {"slug": _kept_slug(tenant)})
        if holder is not None and holder[0] != tenant.id:
            raise Taken("slug", holder[0])


def _kept_slug(tenant: Tenant) -> str:
    return tenant.slug + _OF_TEST if is_test(tenant.id) else tenant.slug


def _row(tenant: Tenant) -> dict[str, object]:
    return {
        "number": tenant.number,
        "id": tenant.id,
        "slug": _kept_slug(tenant),
        "name": tenant.name,
        "created_at": to_micros(tenant.created_at),
        "updated_at": to_micros(tenant.updated_at),
        "locale": tenant.locale,
        "timezone": tenant.timezone,
        "brand": dict_json(tenant.brand),
        "attach_pdf": tenant.attach_pdf,
        "notify_address": tenant.notify_address,
        "email": dict_json(tenant.email),
        "managed_by_file": tenant.managed_by_file,
        "version": tenant.version,
        "pages": dict_json(tenant.pages),
    }


def _maybe(row: Row | None) -> Tenant | None:
    return None if row is None else _tenant(row)


def _tenant(row: Row) -> Tenant:
    (
        number,
        id_,
        slug,
        name,
        created_at,
        updated_at,
        locale,
        timezone,
        brand,
        attach_pdf,
        notify_address,
        email,
        managed_by_file,
        version,
        pages,
        own_address,
        own_token,
    ) = row
    return Tenant(
        id=id_,
        number=number,
        slug=slug.removesuffix(_OF_TEST),
        name=name,
        created_at=from_micros(created_at),
        updated_at=from_micros(updated_at),
        locale=locale,
        timezone=timezone,
        brand=from_dict(brand),
        attach_pdf=attach_pdf,
        notify_address=notify_address,
        email=from_dict(email),
        managed_by_file=bool(managed_by_file),
        pages=from_dict(pages),
        version=version,
        own_sender=OwnSender(own_address, own_token) if own_address else None,
    )

"""Companies, keys, logins, sessions, repeats, facts, counters."""

from sqlmodel import Field

from gateway.store.tables.base import SERIAL, Stored, big, moment, octets, table_of


class TenantRow(Stored, table=True):
    """A company; a removed one keeps its number and gives up its slug."""

    __tablename__ = "tenant"

    number: int = Field(primary_key=True, sa_type=SERIAL, sa_column_kwargs={"autoincrement": False})
    id: str = Field(unique=True)
    slug: str | None = Field(default=None, unique=True)
    name: str
    created_at: int = big()
    updated_at: int = big()
    locale: str
    timezone: str
    brand: str
    attach_pdf: str
    notify_address: str | None
    email: str
    managed_by_file: bool
    version: int
    removed_at: int | None = moment()
    pages: str = Field(sa_column_kwargs={"server_default": "{}"})


class ApiKeyRow(Stored, table=True):
    """An API key's hash."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    tenant_id: str | None = Field(default=None, foreign_key="tenant.id", index=True)
    scopes: str
    hash: str = Field(unique=True)
    created_at: int = big()
    last_used_at: int | None = moment()
    revoked_at: int | None = moment()
    managed_by_file: bool


class LoginRow(Stored, table=True):
    """A submission login."""

    __tablename__ = "login"

    username: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    hash: str
    created_at: int = big()
    revoked_at: int | None = moment()
    managed_by_file: bool


class WebSessionRow(Stored, table=True):
    """A one-time link or a browser session of the Inbox."""

    __tablename__ = "web_session"

    hash: str = Field(primary_key=True)
    kind: str
    tenant_id: str = Field(foreign_key="tenant.id", index=True)
    data: str
    until: int = big(index=True)


class RepeatRow(Stored, table=True):
    """What was answered to a request with an Idempotency-Key."""

    __tablename__ = "repeat"

    key: bytes = octets(primary_key=True)
    tenant_id: str
    request_hash: str
    status: int
    body: str
    headers: str
    until: int = big(index=True)


class FactRow(Stored, table=True):
    """A small fact of the installation."""

    __tablename__ = "fact"

    name: str = Field(primary_key=True)
    value: str


class CounterRow(Stored, table=True):
    """The last number given out, per company and purpose, without gaps."""

    __tablename__ = "counter"

    tenant_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: int = big()


TENANT = table_of(TenantRow)
API_KEY = table_of(ApiKeyRow)
LOGIN = table_of(LoginRow)
WEB_SESSION = table_of(WebSessionRow)
REPEAT = table_of(RepeatRow)
FACT = table_of(FactRow)
COUNTER = table_of(CounterRow)

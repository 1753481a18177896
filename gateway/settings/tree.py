# ruff: noqa: RUF009 (a declaration is a call; what it returns never changes)
"""The root of the settings: the tables in the order of the sample file."""

from dataclasses import dataclass

from gateway.settings.companies import TenantFile
from gateway.settings.declaration import table, tables
from gateway.settings.inbound import InboundSettings, LimitsSettings
from gateway.settings.machine import (
    DnsSettings,
    EgressSettings,
    ListenSettings,
    PaymentsSettings,
    S3Settings,
    ServerSettings,
    TlsSettings,
)
from gateway.settings.outbound import (
    DkimSettings,
    DomainsSettings,
    RelaySettings,
    WebhooksSettings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a gateway; `Settings()` are the embedded defaults."""

    server: ServerSettings = table(
        ServerSettings, "What this gateway is called and where it keeps its things."
    )
    listen: ListenSettings = table(ListenSettings, "Addresses and ports.")
    tls: TlsSettings = table(TlsSettings, "The certificate of the SMTP listeners.")
    domains: DomainsSettings = table(
        DomainsSettings, "The domains of the gateway; `postroom dns` prints their records."
    )
    dkim: DkimSettings = table(DkimSettings, "Signatures of outgoing mail.")
    relay: RelaySettings = table(RelaySettings, "The way out: queue and next hops.")
    limits: LimitsSettings = table(LimitsSettings, "What strangers and companies may use up.")
    webhooks: WebhooksSettings = table(WebhooksSettings, "Events sent to companies' services.")
    inbound: InboundSettings = table(InboundSettings, "How arriving mail is judged and kept.")
    egress: EgressSettings = table(
        EgressSettings, "Where a company's own settings (SMTP server, webhook URL) may lead."
    )
    payments: PaymentsSettings = table(PaymentsSettings, "Providers by which customers pay online.")
    tenant: tuple[TenantFile, ...] = tables(
        TenantFile,
        "Companies may also live here, or one a file in tenants.d/*.toml beside this file; a "
        "reload applies them, API and CLI show them as managed by file.",
        live=True,
    )
    dns: DnsSettings = table(DnsSettings, "The resolvers that are asked.")
    s3: S3Settings = table(S3Settings, "The object store of [server] blob_url.")

"""Settings: declared once, read from TOML and the environment, all mistakes told at once."""

from gateway.settings.changes import Changes, diff
from gateway.settings.companies import (
    AttachPdf,
    BrandFile,
    EmailFile,
    EmailMethod,
    KeyFile,
    LoginFile,
    NotifyFile,
    Replies,
    Scope,
    SmtpFile,
    SmtpSecurity,
    TenantFile,
)
from gateway.settings.inbound import GateFailure, InboundSettings, LimitsSettings
from gateway.settings.load import Loaded, examine, find, load
from gateway.settings.machine import (
    DnsSettings,
    EgressSettings,
    ListenSettings,
    PaymentsSettings,
    S3Settings,
    ServerSettings,
    TlsSettings,
)
from gateway.settings.mistakes import BadSettings, Mistake, Place
from gateway.settings.outbound import (
    DkimAlgorithm,
    DkimSettings,
    DomainsSettings,
    RelaySettings,
    Route,
    TlsPolicy,
    WebhooksSettings,
)
from gateway.settings.tree import Settings
from gateway.settings.values import HostPort, Network, NextHop, Rate, Secret

__all__ = [
    "AttachPdf",
    "BadSettings",
    "BrandFile",
    "Changes",
    "DkimAlgorithm",
    "DkimSettings",
    "DnsSettings",
    "DomainsSettings",
    "EgressSettings",
    "EmailFile",
    "EmailMethod",
    "GateFailure",
    "HostPort",
    "InboundSettings",
    "KeyFile",
    "LimitsSettings",
    "ListenSettings",
    "Loaded",
    "LoginFile",
    "Mistake",
    "Network",
    "NextHop",
    "NotifyFile",
    "PaymentsSettings",
    "Place",
    "Rate",
    "RelaySettings",
    "Replies",
    "Route",
    "S3Settings",
    "Scope",
    "Secret",
    "ServerSettings",
    "Settings",
    "SmtpFile",
    "SmtpSecurity",
    "TenantFile",
    "TlsPolicy",
    "TlsSettings",
    "WebhooksSettings",
    "diff",
    "examine",
    "find",
    "load",
]

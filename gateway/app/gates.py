"""The gate that the settings ask for."""

from gateway.flow.gate import Gate
from gateway.ports.scanner import Scanner
from gateway.ports.verifier import Verifier
from gateway.settings import GateFailure, Settings
from gateway.verify.clamd import ClamdScanner, Place
from gateway.verify.gatekeeper import DmarcGatekeeper
from gateway.verify.rspamd import RspamdScanner


def gate_of(settings: Settings, verifier: Verifier) -> Gate:
    """Return the gate; an open one where nothing is switched on."""
    inbound = settings.inbound
    scanners: list[Scanner] = []
    if inbound.dmarc_reject:
        scanners.append(DmarcGatekeeper(verifier))
    if inbound.clamd is not None:
        where = inbound.clamd
        scanners.append(ClamdScanner(Place(where.path, where.host, where.port)))
    if inbound.rspamd:
        scanners.append(RspamdScanner(inbound.rspamd))
    accepts = inbound.gate_failure is GateFailure.ACCEPT
    return Gate(tuple(scanners), float(inbound.gate_seconds), accepts)

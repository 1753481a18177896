"""What a failed connection test means and what to do next (ux.md, 2.4). Pure."""

import re

from gateway.rules.own_server import Account, Security

_SWITCH = "Port 465 wants SSL/TLS, 587 wants STARTTLS."
_PORTS = "Port 25 is often blocked; use 587 or 465."

# By what kind of thing went wrong.
_TROUBLES = {
    "no_name": "The server name is wrong, or DNS does not know it. Check how it is written.",
    "no_server": "No mail server answers there. Check server name and port, and whether a firewall "
    f"lets the gateway in. {_PORTS}",
    "not_smtp": "What answers there is no mail server. Check server name and port.",
    "wants_tls": f"The server waits for SSL/TLS from the first byte: choose SSL/TLS. {_SWITCH}",
    "speaks_plain": f"The server speaks without encryption first: choose STARTTLS. {_SWITCH}",
    "no_starttls": f"The server offers no encryption on this port: try SSL/TLS. {_SWITCH}",
    "expired": "The server's certificate has expired. Whoever runs the server has to renew it.",
    "wrong_name": "The certificate is for another name. Use the server name that it was made for.",
    "untrusted": "The certificate was signed by nobody whom mail programs trust. Whoever runs the "
    "server has to install one from a public authority.",
    "tls": "No safe connection could be made. Whoever runs the server has to look at its TLS.",
    "clear_text": "A login is not sent without encryption: choose STARTTLS or SSL/TLS.",
    "no_auth": "The server offers no way to sign in here. Try the other port: 587 or 465.",
    "no_xoauth2": "The server offers no XOAUTH2 here. Try the other port: 587 or 465; or use a "
    "password.",
    "token": "The token server refused the refresh token. Let the mailbox's owner give consent "
    "once more, and write the new refresh token.",
    "no_token": "The token server gave no answer that can be read. Check its address, and try "
    "again.",
    "slow": "The server was too slow to answer. Try again; if it stays so, ask who runs it.",
    "lost": "The server closed the connection. Try again; if it stays so, ask who runs it.",
}
# By what the server said: the first that fits.
_SAID = (
    (
        re.compile(r"5\.7\.139|SmtpClientAuthentication is disabled|5\.7\.30\b", re.IGNORECASE),
        (
            "Your provider has switched off sending with a password. Ask your Microsoft 365 "
            'admin to allow "Authenticated SMTP" for this mailbox, or use our mail gateway.'
        ),
    ),
    (
        re.compile(r"application-specific password|5\.7\.9\b|InvalidSecondFactor", re.IGNORECASE),
        (
            "Your provider wants an app password: make one in the security settings of the "
            "account, and write it here instead of the usual password."
        ),
    ),
    (
        re.compile(r"gsmtp|BadCredentials|support\.google\.com", re.IGNORECASE),
        (
            "Google takes app passwords only: make one in the security settings of the account (it "
            "needs 2-step verification), and write it here instead of the usual password."
        ),
    ),
    (
        re.compile(r"web ?login|\b534\b", re.IGNORECASE),
        "Your provider wants you to sign in on its web page first, or to use an app password.",
    ),
    (
        re.compile(r"^421|too many", re.IGNORECASE),
        "The server takes no more connections now. Wait a minute and try again.",
    ),
    (
        re.compile(r"^452|4\.5\.3|quota|5\.4\.5", re.IGNORECASE),
        "A limit of your account is reached. Wait, or ask your provider for a higher one.",
    ),
)
_AUTH = "Login or password is wrong. Some providers want an app password instead of the usual one."
_SENDER = "This login may not send from that address: From must be the address of the login."
_MUST_SIGN_IN = "The server wants a login before it takes mail. Write login and password."


def hint_for(stage: str, trouble: str, message: str, account: Account) -> str:
    """Return what to do next, "" where nothing is known: the server's words say it all then.

    stage, trouble: as in `ports.probe.Probed`.
    """
    if trouble == "wants_tls" and account.security is Security.NONE:
        return _TROUBLES["wants_tls"]
    if trouble:
        return _TROUBLES.get(trouble, "")
    for pattern, hint in _SAID:
        if pattern.search(message):
            return hint
    if stage == "auth":
        return _AUTH if message.startswith(("535", "5")) else ""
    if stage == "sender":
        return _MUST_SIGN_IN if message.startswith("530") else _sender_hint(message)
    return ""


def _sender_hint(message: str) -> str:
    return _SENDER if re.match(r"55[0-4]|5\.7\.60|501", message) else ""

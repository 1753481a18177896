"""The reference page: every route of the OpenAPI document, served by ourselves."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

from gateway.api.codes import CODES
from gateway.api.snippets import curl, python

_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;
max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
h2{margin-top:2.5rem;border-bottom:1px solid #ccc}
section{margin:1.5rem 0}
code{font:0.95rem ui-monospace,monospace;background:#f3f3f3;padding:0 .2rem;overflow-wrap:anywhere}
pre{font:0.9rem/1.4 ui-monospace,monospace;background:#f3f3f3;padding:.75rem;
white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
main{overflow-wrap:anywhere}
summary{cursor:pointer;padding:.3rem 0}
b.method{display:inline-block;min-width:4.5rem}
dl{margin:.25rem 0 0 1rem}dt{float:left;clear:left;margin-right:.5rem}dd{margin-left:12rem}
@media (prefers-color-scheme:dark){body{background:#16181c;color:#e6e6e6}
code,pre{background:#26292f}}
"""
_COPYING = (
    '<p>The whole as <a href="/openapi.json">OpenAPI 3.1</a>. Each request stands there to be '
    "copied, for curl and for Python: a click selects all of it. It takes from the environment "
    "<code>KEY</code>, a company's key, or <code>ADMIN_KEY</code>, and <code>ID</code> where one "
    "stands in the path.</p>"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def page(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    info, root = document["info"], document["servers"][0]["url"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>",
        _COPYING,
    ]
    for tag in document["tags"]:
        parts.append(f"<h2>{escape(tag['name'])}</h2>")
        parts += [
            _section(root, path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        ]
    parts.append(
        "<h2>Errors</h2><p>By <code>code</code> of <code>application/problem+json</code>:</p>"
    )
    parts += [
        f'<p id="{code}"><code>{code}</code> {escape(meaning)}</p>'
        for code, meaning in CODES.items()
    ]
    parts.append("</main></body></html>")
    return "".join(parts)


def _section(root: str, path: str, method: str, operation: Mapping[str, Any]) -> str:
    facts = [("Answers", ", ".join(operation["responses"]))]
    scopes = [scope for one in operation["security"] for scopes in one.values() for scope in scopes]
    if scopes:
        facts.append(("Scope", " or ".join(scopes)))
    facts += [
        (parameter["name"], parameter.get("description", ""))
        for parameter in operation["parameters"]
        if parameter["in"] != "path"
    ]
    rows = "".join(
        f"<dt><code>{escape(name)}</code></dt><dd>{escape(about) or '&nbsp;'}</dd>"
        for name, about in facts
    )
    return (
        f'<section id="{escape(operation["operationId"])}">'
        f'<h3><b class="method">{method.upper()}</b> <code>{escape(path)}</code></h3>'
        f"<p>{escape(operation['summary'])}</p><dl>{rows}</dl>"
        f"<details><summary>curl</summary>"
        f"<pre>{escape(curl(root, path, method, operation))}</pre></details>"
        f"<details><summary>Python</summary>"
        f"<pre>{escape(python(root, path, method, operation))}</pre></details></section>"
    )

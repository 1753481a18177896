"""Requests to copy: curl and Python, made from the OpenAPI document.

They take the key from the environment (`KEY`, `ADMIN_KEY`), and what stands in the path (`ID`).
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

_PARAMETER = re.compile(r"\{([a-z_]+)(?::path)?\}")
_JSON = "application/json"
_STREAM = "text/event-stream"


def curl(root: str, path: str, method: str, operation: Mapping[str, Any]) -> str:
    """Return a command for a shell."""
    url = root + _PARAMETER.sub(lambda found: f"${found[1].upper()}", path) + _query(operation)
    words = [f'curl -sS{"N" if _STREAM in _media(operation) else ""} "{url}"']
    if method not in {"get", "post"}:
        words.append(f"-X {method.upper()}")
    elif method == "post" and _example(operation) is None:
        words.append("-X POST")
    if key := _key(operation):
        words.append(f'-H "Authorization: Bearer ${key}"')
    if (body := _example(operation)) is not None:
        written = json.dumps(body, ensure_ascii=False).replace("'", r"'\''")
        words += [f"-H 'Content-Type: {_JSON}'", f"-d '{written}'"]
    if _is_file(operation):
        words.append("-o answer")
    return " \\\n  ".join(words)


def python(root: str, path: str, method: str, operation: Mapping[str, Any]) -> str:
    """Return a script that needs the standard library alone."""
    url = root + _PARAMETER.sub(lambda found: f"{{os.environ['{found[1].upper()}']}}", path)
    url += _query(operation)
    written = f'{"f" if "{os" in url else ""}"{url}"'
    headers, body = [], _example(operation)
    if key := _key(operation):
        headers.append(f"""    "Authorization": f"Bearer {{os.environ['{key}']}}",""")
    if body is not None:
        headers.append(f'    "Content-Type": "{_JSON}",')
    lines = [*(["import json"] if body is not None else []), *(["import os"] if headers else [])]
    lines += ["from urllib.request import Request, urlopen", ""]
    lines += ["headers = {", *headers, "}"] if headers else ["headers = {}"]
    data = "None"
    if body is not None:
        lines += [f"body = {body!r}"]
        data = "json.dumps(body).encode()"
    lines += [
        f'request = Request({written}, {data}, headers, method="{method.upper()}")',
        "with urlopen(request) as answer:",
    ]
    if _STREAM in _media(operation):
        lines += ["    for line in answer:", "        print(line.decode(), end='')"]
    elif _is_file(operation):
        lines += ["    with open('answer', 'wb') as file:", "        file.write(answer.read())"]
    else:
        lines.append("    print(answer.status, answer.read().decode())")
    return "\n".join(lines)


def _query(operation: Mapping[str, Any]) -> str:
    wanted = {
        one["name"]: str(next(iter(one["schema"].get("examples", ())), "…"))
        for one in operation["parameters"]
        if one["in"] == "query" and one.get("required")
    }
    return f"?{urlencode(wanted)}" if wanted else ""


def _key(operation: Mapping[str, Any]) -> str:
    scopes = [scopes for one in operation["security"] for scopes in one.values()]
    if not scopes:
        return ""
    return "ADMIN_KEY" if ["admin"] in scopes else "KEY"


def _example(operation: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    return content.get(_JSON, {}).get("example")


def _media(operation: Mapping[str, Any]) -> set[str]:
    """Return the media types of what it gives."""
    return {
        media
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for media in response.get("content", {})
    }


def _is_file(operation: Mapping[str, Any]) -> bool:
    media = _media(operation)
    return bool(media) and not media & {_JSON, _STREAM} and not any("text" in one for one in media)

"""A company's own service: takes what webhooks send, on a port of this machine, and checks it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks


class Receiver:
    """Answers each request with `status`; keeps the events that the reference library verifies."""

    def __init__(self):
        self.secrets = []
        self.status = 204
        self.taken = []
        self.refused = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(dict(self.headers), body)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/hooks"

    def take(self, headers, body):
        """Keep an event, if it was signed with each of the secrets."""
        given = {name.lower(): value for name, value in headers.items()}
        for secret in self.secrets:
            standardwebhooks.Webhook(secret).verify(body, given)
        event = json.loads(body)
        assert event["id"] == given["webhook-id"]
        (self.taken if self.status < 300 else self.refused).append(event)

    def sequences(self):
        return [one["sequence"] for one in self.taken if one["sequence"]]

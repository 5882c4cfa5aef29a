"""An application in Python that decides who may do what, and hears what was done. It needs nothing but Python 3.

    export OPENLINE_ASK_SECRET=change-me-change-me OPENLINE_WEBHOOK_SECRET=change-me-change-me
    python3 examples/python-backend/backend.py &
    openline serve --ask-url http://localhost:9000/ask --webhook-url http://localhost:9000/events
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("OPENLINE_WEBHOOK_SECRET", "change-me-change-me").encode()
USERS = {"token-of-ada": "Ada", "token-of-bo": "Bo"}
heard = set()


def is_ours(headers, body):
    """Standard Webhooks: HMAC-SHA256 over id.timestamp.body, and not older than five minutes."""
    identifier = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "0")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected, headers.get("webhook-signature", ""))


def decide(ask):
    if ask["type"] == "connect":
        user = USERS.get(ask.get("token"))
        if user is None:
            return {"allow": False, "code": "unauthorized", "reason": "who are you?"}
        return {"allow": True, "user": user, "subject": user}
    if ask["type"] == "join" and ask["room"].startswith("private:"):
        return {"allow": ask["room"] == f"private:{ask.get('user')}", "reason": "this room is not yours"}
    return {"allow": True}


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not is_ours(self.headers, body):
            self.answer(401, {})
        elif self.path == "/ask":
            self.answer(200, decide(json.loads(body)))
        else:
            for event in json.loads(body)["events"]:
                # A batch may come twice: an event is known by its id.
                if event["id"] not in heard:
                    heard.add(event["id"])
                    print("event", event["type"], event.get("user", ""), event.get("room", ""), flush=True)
            self.answer(200, {})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Backend)
    print("listening on", server.server_port, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)

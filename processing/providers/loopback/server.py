"""The loopback server: three vendors on one port, and the two calls that steer it.

POST /__plan plans faults, POST /__forget forgets all, GET /__log tells what was asked. Results lie under the host name
localhost while the APIs are spoken to at 127.0.0.1, so that credentials sent to the wrong host show in the log.
"""

import contextlib
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from processing.providers.loopback.firefly_side import FireflySide
from processing.providers.loopback.gemini_side import GeminiSide
from processing.providers.loopback.messages import Call, Reply, says
from processing.providers.loopback.plan import Plan
from processing.providers.loopback.replicate_side import ReplicateSide
from processing.providers.loopback.results import Results

MAX_BODY_BYTES = 64 * 2**20
RESULTS_HOST = "localhost"


class Side(Protocol):
    """A vendor: answers the calls that are for it."""

    def answer(self, call: Call) -> Reply | None: ...


class Town:
    """All vendors and their memory."""

    def __init__(self) -> None:
        self.plan = Plan()
        self.forget()

    def forget(self) -> None:
        """Back to the beginning: no faults, no calls, no results."""
        self.plan.forget()
        results = Results(self.plan)
        self.sides: tuple[Side, ...] = (
            results,
            ReplicateSide(self.plan, results),
            GeminiSide(self.plan),
            FireflySide(self.plan, results),
        )

    def answer(self, call: Call) -> Reply:
        if call.path.startswith("/__"):
            return self._steer(call)
        answers = (side.answer(call) for side in self.sides)
        reply = next((reply for reply in answers if reply is not None), Reply(404))
        self.plan.note(
            method=call.method,
            path=call.path,
            host=call.headers.get("host", ""),
            attempt=call.attempt_id,
            status=None if reply.is_cut else reply.status,
            has_credentials=any(name in call.headers for name in ("authorization", "x-goog-api-key", "x-api-key")),
            body=call.body if call.headers.get("content-type", "").startswith("application/json") else None,
        )
        return reply

    def _steer(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/__log"):
            return says(self.plan.log())
        if (call.method, call.path) == ("POST", "/__forget"):
            self.forget()
            return says({"forgotten": True})
        if (call.method, call.path) == ("POST", "/__plan"):
            try:
                self.plan.add(call.body)
            except ValueError as error:
                return says({"detail": str(error)}, status=422)
            return says({"planned": True})
        return says({"detail": "There are /__plan, /__log and /__forget."}, status=404)


def serve(port: int = 0) -> tuple[ThreadingHTTPServer, Town]:
    """A server bound to this machine's loopback, not yet running, and what it serves."""
    town = Town()

    class Handler(_Handler):
        pass

    Handler.town = town
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server, town


def environment(base: str) -> dict[str, str]:
    """The variables that make Firstpass talk to a server at this address. The keys are no secrets: any will do."""
    port = urlsplit(base).port
    return {
        "REPLICATE_BASE_URL": base,
        "REPLICATE_API_TOKEN": "loopback",
        "FIREFLY_TOKEN_URL": base,
        "FIREFLY_BASE_URL": base,
        "FIREFLY_PHOTOSHOP_URL": base,
        "FIREFLY_CLIENT_ID": "loopback",
        "FIREFLY_CLIENT_SECRET": "loopback",
        "FIREFLY_CALLS_PER_MINUTE": "60",
        "GEMINI_BASE_URL": base,
        "GEMINI_API_KEY": "loopback",
        "GEMINI_BATCH_WAIT_S": "2",
        "GEMINI_BATCH_POLL_S": "2",
        "FETCH_ALLOWED_HOSTS": f"127.0.0.1:{port},{RESULTS_HOST}:{port}",
    }


class _Handler(BaseHTTPRequestHandler):
    town: Town

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            self._send(self.town.answer(self._read()))

    def _read(self) -> Call:
        address = urlsplit(self.path)
        length = min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES)
        port = self.connection.getsockname()[1]
        return Call(
            method=self.command,
            path=address.path,
            query=dict(parse_qsl(address.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            data=self.rfile.read(length),
            base=f"http://{self.headers.get('Host', f'127.0.0.1:{port}')}",
            results=f"http://{RESULTS_HOST}:{port}",
        )

    def _send(self, reply: Reply) -> None:
        if reply.is_cut:
            # A reset, not a polite end: linger zero.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.data) if reply.claims_bytes is None else reply.claims_bytes))
        self.end_headers()
        for start in range(0, len(reply.data), 1 if reply.drip_s else max(1, len(reply.data))):
            self.wfile.write(reply.data[start : start + 1] if reply.drip_s else reply.data)
            time.sleep(reply.drip_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log is at /__log."""

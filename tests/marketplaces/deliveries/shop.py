"""A little server on the loopback that keeps what is put, and can be told to misbehave."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, bytes, dict[str, str]]


@dataclass
class Store:
    """What the server holds, the requests it saw, and how it misbehaves: `before(method, path)` may answer in its place."""

    files: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    before: Callable[[str, str], Reply | None] = lambda method, path: None
    published: Callable[[bytes], bytes] = lambda data: data
    host: str = ""

    def count(self, method: str, part: str = "") -> int:
        return sum(1 for one, path in self.seen if one == method and part in path)

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        if reply := self.before(method, path):
            return reply
        if method == "PUT":
            self.files[path] = body
            return 201, b"", {}
        if path not in self.files:
            return 404, b"", {}
        if method == "DELETE":
            del self.files[path]
            return 204, b"", {}
        data = self.published(self.files[path])
        return 200, data, {"Content-Type": "application/octet-stream"}


@contextlib.contextmanager
def serving(store: Any) -> Iterator[Any]:
    """Serves an object with `answer`, `seen`, `headers` and `host` until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            store.seen.append((self.command, self.path))
            store.headers.append(dict(self.headers))
            status, data, headers = store.answer(self.command, self.path, body)
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

        do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = _any

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    store.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

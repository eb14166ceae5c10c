"""Requests to addresses that other people named: photos by link, webhooks, pictures at a provider.

What is checked is the address a connection is really made to, at the moment it is made, because a name can mean something else a
moment later. The name stays for TLS and the Host header. Private networks, the machine itself, metadata services and the IPv6
forms that hide them are refused unless the host is on the allowed list.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

MAX_REDIRECTS = 3
PORTS = frozenset({80, 443})
USER_AGENT = "Firstpass/1"
_CONNECT_TIMEOUT_S = 10.0
# Global by the letter of the registry, yet never a web server of somebody else.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/32", "2001:20::/28", "3fff::/20", "5f00::/16")
)  # fmt: skip
_HOST = re.compile(rb"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(Exception):
    """Nothing usable came back; `code` says why for machines, `is_permanent` that trying again will not help."""

    def __init__(self, code: str, message: str, *, is_permanent: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.is_permanent = is_permanent


class AddressRefused(httpcore.ConnectError):
    """The host leads to an address that must not be reached."""


class DeadlinePassed(httpcore.ReadTimeout):
    """The time for the whole exchange is used up."""


@dataclass(frozen=True)
class Fetched:
    """`media_type` is what the server says; what the bytes are is for the decoder to find out."""

    data: bytes
    media_type: str
    url: str


def fetch(url: str, *, max_bytes: int, timeout_s: float, allowed_hosts: Iterable[str] = ()) -> Fetched:
    """Body of a 200 answer to GET, after at most three redirects, within `timeout_s` in all. Raises FetchError."""
    hosts = tuple(allowed_hosts)
    with guarded_client(timeout_s=timeout_s, allowed_hosts=hosts) as client:
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, allowed_hosts=hosts)
            answer = _get(client, url, max_bytes=max_bytes)
            if isinstance(answer, Fetched):
                return answer
            url = answer
    raise FetchError("too-many-redirects", f"The address redirects more than {MAX_REDIRECTS} times.")


def check_url(url: str, *, allowed_hosts: Iterable[str] = ()) -> None:
    """Refuses what can be refused without asking anybody: scheme, port, credentials. Raises FetchError."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise FetchError("bad-address", "The address cannot be read.") from error
    if parts.scheme not in ("http", "https"):
        raise FetchError("bad-address", "The address must start with http:// or https://.")
    if not _HOST.fullmatch(parts.raw_host):
        raise FetchError("bad-address", "The address names no host.")
    if parts.userinfo:
        raise FetchError("bad-address", "The address may not hold a user name or password.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS and not is_listed(parts.host, port, allowed_hosts):
        raise FetchError(
            "bad-address", f"Port {port} is not allowed, only 80 and 443, unless FETCH_ALLOWED_HOSTS names the host."
        )


def guarded_client(*, timeout_s: float, allowed_hosts: Iterable[str] = ()) -> httpx.Client:
    """An httpx client for one exchange: it reaches allowed addresses only, follows no redirect, reads no proxy or
    password settings from the environment, and gives up `timeout_s` after it was made, however slowly bytes drip.

    Refused addresses raise httpx.ConnectError caused by AddressRefused. Call `check_url` before each request.
    """
    backend = _GuardedBackend(deadline=time.monotonic() + timeout_s, allowed_hosts=tuple(allowed_hosts))
    transport = httpx.HTTPTransport(trust_env=False)
    # httpx has no public way to hand a network backend to its pool.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=backend, max_connections=2
    )
    return httpx.Client(
        transport=transport,
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_TIMEOUT_S)),
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )


def is_listed(host: str, port: int, allowed_hosts: Iterable[str]) -> bool:
    """True if the host, or the host with this port, is in the list: nas.local, nas.local:8080, [fd00::5]:8080."""
    name = host.strip("[]").lower().rstrip(".")
    bare = f"[{name}]" if ":" in name else name
    entries = {entry.lower() for entry in allowed_hosts}
    return not entries.isdisjoint({name, bare, f"{bare}:{port}"})


def is_public(address: str) -> bool:
    """True for an address of the open internet, seen through the IPv6 forms that carry an IPv4 address."""
    try:
        plain = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if plain.version == 6 and plain not in _UNICAST:
        return False
    if any(plain.version == net.version and plain in net for net in _REFUSED):
        return False
    return plain.is_global and not plain.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, each once, in the resolver's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class _GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses, under one deadline."""

    def __init__(self, *, deadline: float, allowed_hosts: Sequence[str]) -> None:
        self.deadline = deadline
        self.allowed_hosts = allowed_hosts
        self.sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        error: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked(host, port):
            try:
                left = _left(self.deadline, timeout)
                stream = self.sockets.connect_tcp(address, port, left, local_address, socket_options)
                return _DeadlineStream(stream, deadline=self.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise AddressRefused("sockets of this machine are not reachable from outside addresses")

    def _checked(self, host: str, port: int) -> list[str]:
        """All addresses of the host. One bad address among them spoils the host: the next connection might use it."""
        try:
            addresses = resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} is not known") from error
        if not is_listed(host, port, self.allowed_hosts):
            for address in addresses:
                if not is_public(address):
                    raise AddressRefused(f"{host} leads into a private network")
        return addresses


class _DeadlineStream(httpcore.NetworkStream):
    """Each wait is cut to what is left: a server that sends a byte a second never breaks a limit on single waits."""

    def __init__(self, stream: httpcore.NetworkStream, *, deadline: float) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.deadline, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self.stream.start_tls(ssl_context, server_hostname, _left(self.deadline, timeout))
        return _DeadlineStream(inner, deadline=self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed("the time for the whole exchange is used up")
    return left if timeout is None else min(left, timeout)


def _get(client: httpx.Client, url: str, *, max_bytes: int) -> Fetched | str:
    """The body, or the address a redirect leads to."""
    try:
        with client.stream("GET", url) as response:
            if response.has_redirect_location:
                return str(httpx.URL(url).join(response.headers["location"]))
            _check_answer(response)
            data = _read_capped(response, max_bytes=max_bytes)
            return Fetched(data=data, media_type=response.headers.get("content-type", ""), url=url)
    except httpx.HTTPError as error:
        raise explained(error) from error
    except httpx.InvalidURL as error:
        raise FetchError("bad-address", "The address redirects to one that cannot be read.") from error


def explained(error: httpx.HTTPError) -> FetchError:
    """What went wrong on the wire, for people."""
    if isinstance(error.__cause__, AddressRefused):
        message = (
            "The address leads into a private network, which is refused unless FETCH_ALLOWED_HOSTS names the host."
        )
        return FetchError("address-refused", message)
    if isinstance(error, httpx.TimeoutException):
        return FetchError("timeout", "The server took too long.", is_permanent=False)
    if isinstance(error, httpx.ConnectError):
        return FetchError("unreachable", "The server cannot be reached.", is_permanent=False)
    if isinstance(error, httpx.UnsupportedProtocol):
        return FetchError("bad-address", "The address must start with http:// or https://.")
    return FetchError("broken-answer", "The connection broke before the answer was whole.", is_permanent=False)


def _check_answer(response: httpx.Response) -> None:
    status = response.status_code
    if status != 200:
        is_permanent = 300 <= status < 500 and status not in (408, 425, 429)
        raise FetchError("http-status", f"The server answered {status}.", is_permanent=is_permanent)
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        # Packed bodies can unpack to anything; pictures are packed already, so nobody has reason to.
        raise FetchError("broken-answer", "The server sent a packed answer that was not asked for.")


def _read_capped(response: httpx.Response, *, max_bytes: int) -> bytes:
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    data = bytearray()
    for chunk in response.iter_raw():
        data += chunk
        if len(data) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(data)


def _too_large(max_bytes: int) -> FetchError:
    return FetchError("too-large", f"The file has more than the allowed {max_bytes / 2**20:.0f} MB.")

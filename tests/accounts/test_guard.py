import contextlib
import threading

import httpx
import pytest

from accounts import guard
from accounts.guard import FetchError, fetch, guarded_client, is_listed, is_public
from tests.servers import says, server


def _fetch(url, *, allowed=(), max_bytes=100_000, timeout_s=5.0):
    return fetch(url, max_bytes=max_bytes, timeout_s=timeout_s, allowed_hosts=allowed)


def _code(url, **options):
    with pytest.raises(FetchError) as caught:
        _fetch(url, **options)
    return caught.value.code


def test_fetch_returns_the_body_of_an_allowed_host():
    with server(says(200, b"picture", Content_Type="image/jpeg")) as (host, seen):
        got = _fetch(f"http://{host}/a.jpg", allowed=[host])
    assert (got.data, got.media_type) == (b"picture", "image/jpeg")
    assert seen[0].headers["Host"] == host
    assert seen[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0.0.0.0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "100.64.0.1",
        "10.0.0.1", "172.16.5.4", "192.168.1.1", "224.0.0.1", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "[::7f00:1]",
        "192.0.0.8", "192.88.99.1", "[64:ff9b:1::1]", "[2001:20::1]", "[2001:0:1::1]", "[3fff::1]", "[5f00::1]",
        "255.255.255.255", "198.18.0.1", "203.0.113.9",
    ],
)  # fmt: skip
def test_private_addresses_are_refused_in_every_spelling(host):
    # Some spellings the URL reader refuses by itself.
    assert _code(f"http://{host}/x.jpg") in ("address-refused", "bad-address")
    assert not any(is_public(address) for address in guard.resolve(host.strip("[]"), 80))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "nonsense", "1.2.3", "::g"])
def test_what_is_no_address_is_not_public(text):
    assert not is_public(text)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/a.jpg", "gopher://example.com/", "http://user:pw@example.com/a.jpg",
        "http://example.com:22/", "https://example.com:8443/a.jpg", "http:///a.jpg", "//example.com/a.jpg", "a.jpg",
        "http://[::1", "http://exa mple.com/", "javascript:alert(1)", "data:image/png;base64,AAAA", "http://a:b:c/",
    ],
)  # fmt: skip
def test_addresses_that_need_no_asking_are_refused(url):
    assert _code(url) == "bad-address"


def test_one_private_address_among_several_spoils_the_host(monkeypatch):
    monkeypatch.setattr(guard, "resolve", lambda host, port: ["93.184.216.34", "127.0.0.1"])
    assert _code("http://shop.example/a.jpg") == "address-refused"


def test_a_name_that_changes_its_mind_is_met_where_it_was_checked(monkeypatch):
    """DNS rebinding: the second answer must never be used."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked, reached = [], []
    monkeypatch.setattr(guard, "resolve", lambda host, port: asked.append(host) or next(answers))

    def connect(self, host, port, *args, **kwargs):
        reached.append(host)
        raise guard.httpcore.ConnectError("stop here")

    monkeypatch.setattr(guard.httpcore.SyncBackend, "connect_tcp", connect)
    assert _code("http://rebind.example/a.jpg") == "unreachable"
    assert (asked, reached) == (["rebind.example"], ["93.184.216.34"])


def test_the_name_is_kept_for_tls(monkeypatch):
    names = []

    class Stream(guard.httpcore.NetworkStream):
        def start_tls(self, ssl_context, server_hostname=None, timeout=None):
            names.append(server_hostname)
            raise guard.httpcore.ConnectError("stop here")

        def close(self):
            pass

    monkeypatch.setattr(guard, "resolve", lambda host, port: ["93.184.216.34"])
    monkeypatch.setattr(guard.httpcore.SyncBackend, "connect_tcp", lambda *args, **kwargs: Stream())
    assert _code("https://shop.example/a.jpg") == "unreachable"
    assert names == ["shop.example"]


def test_a_redirect_into_the_private_network_is_refused():
    with server(says(200, b"secret")) as (inner, seen), server(says(302, Location=f"http://{inner}/")) as (outer, _):
        assert _code(f"http://{outer}/", allowed=[outer]) == "bad-address"
    with server(says(302, Location="http://127.0.0.1/")) as (outer, _):
        assert _code(f"http://{outer}/", allowed=[outer]) == "address-refused"
    assert seen == []


def test_a_redirect_is_followed_three_times_at_most():
    hops = {"/0": "/1", "/1": "/2", "/2": "/3"}

    def answer(request):
        target = hops.get(request.path)
        (says(302, Location=target) if target else says(200, b"there"))(request)

    with server(answer) as (host, _):
        assert _fetch(f"http://{host}/0", allowed=[host]).data == b"there"
        hops["/3"] = "/4"
        assert _code(f"http://{host}/0", allowed=[host]) == "too-many-redirects"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://user:pw@example.com/", "ftp://example.com/"])
def test_a_redirect_to_a_bad_address_is_refused(target):
    with server(says(302, Location=target)) as (host, _):
        assert _code(f"http://{host}/", allowed=[host]) == "bad-address"


def test_a_server_that_drips_is_given_up_at_the_deadline():
    stop = threading.Event()

    def drip(request):
        request.send_response(200)
        request.end_headers()
        while not stop.wait(0.05):
            request.wfile.write(b"x")
            request.wfile.flush()

    with server(drip) as (host, _):
        # The server goes on until it is told: that there is an answer at all is the deadline's doing.
        assert _code(f"http://{host}/", allowed=[host], timeout_s=0.4) == "timeout"
        stop.set()


def test_headers_that_drip_are_given_up_at_the_deadline():
    stop = threading.Event()

    def drip(request):
        request.wfile.write(b"HTTP/1.0 200 OK\r\n")
        while not stop.wait(0.05):
            request.wfile.write(b"X-A: b\r\n")
            request.wfile.flush()

    with server(drip) as (host, _):
        assert _code(f"http://{host}/", allowed=[host], timeout_s=0.4) == "timeout"
        stop.set()


def test_an_endless_body_stops_at_the_cap():
    def pour(request):
        request.send_response(200)
        request.end_headers()
        with contextlib.suppress(OSError):
            while True:
                request.wfile.write(b"x" * 10_000)

    with server(pour) as (host, _):
        assert _code(f"http://{host}/", allowed=[host]) == "too-large"


def test_a_body_declared_too_long_is_not_read():
    with server(says(200, b"x" * 200)) as (host, _):
        assert _code(f"http://{host}/", allowed=[host], max_bytes=100) == "too-large"


def test_a_packed_answer_is_refused():
    with server(says(200, b"x", Content_Encoding="gzip")) as (host, _):
        assert _code(f"http://{host}/", allowed=[host]) == "broken-answer"


@pytest.mark.parametrize(
    ("status", "is_permanent"), [(404, True), (403, True), (304, True), (500, False), (503, False), (429, False)]
)
def test_a_status_says_whether_trying_again_helps(status, is_permanent):
    with server(says(status)) as (host, _), pytest.raises(FetchError) as caught:
        _fetch(f"http://{host}/", allowed=[host])
    assert (caught.value.code, caught.value.is_permanent) == ("http-status", is_permanent)


def test_an_unknown_name_is_unreachable(monkeypatch):
    def fail(host, port):
        raise OSError("no such name")

    monkeypatch.setattr(guard, "resolve", fail)
    assert _code("http://nowhere.example/") == "unreachable"


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with server(says(200, b"direct")) as (host, _):
        assert _fetch(f"http://{host}/", allowed=[host]).data == b"direct"


def test_the_client_follows_no_redirect_and_refuses_private_hosts():
    with server(says(307, Location="/next")) as (host, _), guarded_client(timeout_s=5, allowed_hosts=[host]) as client:
        assert client.post(f"http://{host}/", content=b"event").status_code == 307
    with guarded_client(timeout_s=5) as client, pytest.raises(httpx.ConnectError) as caught:
        client.post(f"http://{host}/", content=b"event")
    assert guard.explained(caught.value).code == "address-refused"


@pytest.mark.parametrize(
    ("host", "port", "listed", "expected"),
    [
        ("nas.local", 8080, ["nas.local"], True),
        ("NAS.local.", 8080, ["nas.local:8080"], True),
        ("nas.local", 8081, ["nas.local:8080"], False),
        ("evil-nas.local", 80, ["nas.local"], False),
        ("::1", 80, ["[::1]:80"], True),
        ("::1", 80, ["::1"], True),
        ("nas.local", 80, [], False),
    ],
)
def test_the_list_of_allowed_hosts(host, port, listed, expected):
    assert is_listed(host, port, listed) is expected

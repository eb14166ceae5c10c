"""Files by content over HTTP: cached for ever, answered with 304, in parts, or with 410 when they have expired."""

import logging
import re

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext

from accounts.access import may, read_token, token_may
from accounts.models import Scope
from catalog import files

logger = logging.getLogger(__name__)
CACHE = "private, max-age=31536000, immutable"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def refusal(request: HttpRequest) -> HttpResponseBase | None:
    """None for whoever may see pictures: a signed-in user, or a bearer token that may read. Otherwise the answer."""
    if request.user.is_authenticated:
        return None if may(request.user, "view") else HttpResponse("Your role may not view pictures.", status=403)
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return redirect_to_login(request.get_full_path(), login_url=settings.LOGIN_URL)
    given = read_token(secret.strip())
    if given is None:
        return HttpResponse("This token is not known.", status=401, headers={"WWW-Authenticate": "Bearer"})
    token, scopes = given
    if not {Scope.READ, Scope.EXPORT} & scopes or not token_may(token.user, "view"):
        return HttpResponse("This token may not read pictures.", status=403)
    return None


def serve(request: HttpRequest, *, path: str, sha256: str, media_type: str) -> HttpResponseBase:
    """The file at a storage path. The address holds its content's hash, so it never changes."""
    etag = f'"{sha256}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _with_caching(HttpResponse(status=304), etag)
    try:
        size = files.size_of(path)
        part = _range(request, size) if request.headers.get("If-Range", etag) == etag else None
        if part == (0, 0):
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        start, end = part or (0, size)
        response = _streamed(path, start, end, media_type)
    except FileNotFoundError:
        return gone()
    except files.StorageUnavailable as error:
        logger.error("media path=%s: %s", path, error)
        return HttpResponse("The file store does not answer.", status=503, headers={"Retry-After": "10"})
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return _with_caching(response, etag)


def _streamed(path: str, start: int, end: int, media_type: str) -> HttpResponseBase:
    """Chunk by chunk from the store, so that a large file takes no memory here."""
    chunks = files.part(path, start=start, end=end) if end > start else iter(())
    return StreamingHttpResponse(chunks, content_type=media_type, headers={"Content-Length": str(end - start)})


def gone() -> HttpResponse:
    """The file existed and was removed when its time was over."""
    return HttpResponse(
        gettext("This file has expired and was removed."), status=410, content_type="text/plain; charset=utf-8"
    )


def _with_caching(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = CACHE
    response["Accept-Ranges"] = "bytes"
    return response


def _range(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """(start, end) of the one range asked for; None for the whole file; (0, 0) when it lies outside."""
    found = _RANGE.match(request.headers.get("Range", ""))
    if not found or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
    return (start, end) if start < end else (0, 0)

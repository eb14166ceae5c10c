"""Files by content over HTTP: cached for ever, answered with 304, in parts, or with 410 when they have expired."""

import re

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags

from accounts.access import may, token_may
from accounts.models import ApiToken, Scope

CACHE = "private, max-age=31536000, immutable"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


def refusal(request: HttpRequest) -> HttpResponseBase | None:
    """None for whoever may see pictures: a signed-in user, or a bearer token that may read. Otherwise the answer."""
    if request.user.is_authenticated:
        return None if may(request.user, "view") else HttpResponse("Your role may not view pictures.", status=403)
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return redirect_to_login(request.get_full_path(), login_url=settings.LOGIN_URL)
    token = ApiToken.objects.find(secret.strip())
    if token is None:
        return HttpResponse("This token is not known.", status=401, headers={"WWW-Authenticate": "Bearer"})
    if not {Scope.READ, Scope.EXPORT} & set(token.scopes) or not token_may(token.user, "view"):
        return HttpResponse("This token may not read pictures.", status=403)
    return None


def serve(request: HttpRequest, *, path: str, sha256: str, media_type: str) -> HttpResponseBase:
    """The file at a storage path. The address holds its content's hash, so it never changes."""
    etag = f'"{sha256}"'
    if etag in parse_etags(request.headers.get("If-None-Match", "")):
        return _with_caching(HttpResponse(status=304), etag)
    try:
        handle = default_storage.open(path, "rb")
    except FileNotFoundError:
        return gone()
    size = handle.size
    part = _range(request, size) if request.headers.get("If-Range", etag) == etag else None
    if part == (0, 0):
        handle.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    if part is not None:
        handle.seek(part[0])
        response: HttpResponseBase = HttpResponse(handle.read(part[1] - part[0]), status=206, content_type=media_type)
        response["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{size}"
        handle.close()
    else:
        response = FileResponse(handle, content_type=media_type)
    return _with_caching(response, etag)


def gone() -> HttpResponse:
    """The file existed and was removed when its time was over."""
    return HttpResponse("This file has expired and was removed.", status=410, content_type="text/plain")


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

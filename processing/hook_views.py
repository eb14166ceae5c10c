import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from processing import hooks


@csrf_exempt
@login_not_required
@require_POST
def replicate(request: HttpRequest) -> HttpResponse:
    """Replicate says that a prediction has finished. Anybody can send to this address; only its signature counts."""
    if (
        int(request.headers.get("Content-Length") or 0) > hooks.MAX_BODY_BYTES
        or len(request.body) > hooks.MAX_BODY_BYTES
    ):
        return HttpResponse(status=413)
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    headers = {name: request.headers.get(name, "") for name in names}
    try:
        said = hooks.verify("replicate", body=request.body, headers=headers)
    except hooks.Forged:
        return HttpResponse(status=401)
    except hooks.SecretUnknown:
        return HttpResponse(status=503)
    hooks.heard("replicate", reference=str(said.get("id", "")), attempt_token=_token(request.GET.get("attempt", "")))
    # Late and doubled ones are fine as well: an error would have them sent again.
    return HttpResponse(status=204)


def _token(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""

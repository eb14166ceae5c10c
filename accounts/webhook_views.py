"""The webhooks page: endpoints, their secrets, what was delivered and what was answered."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import endpoints
from accounts.access import requires, signed_in
from accounts.events import KINDS
from accounts.models import DeliveryState, WebhookDelivery, WebhookEndpoint

_SHOWN_DELIVERIES = 25


class WebhookForm(forms.Form):
    url = forms.CharField(label=_("Address"), max_length=2000, widget=forms.URLInput(attrs={"placeholder": "https://"}))
    kinds = forms.MultipleChoiceField(
        label=_("Events"),
        choices=[(kind, kind) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen means all of them."),
    )


@require_GET
@requires("integrate")
@never_cache  # may show a secret, once
def webhooks(request: HttpRequest) -> HttpResponse:
    return _page(request, form=WebhookForm())


@require_POST
@requires("integrate")
def create(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        endpoint = endpoints.register(user=signed_in(request), **form.cleaned_data)
    except endpoints.EndpointError as error:
        form.add_error("url", str(error))
        return _page(request, form=form, status=422)
    request.session["new_webhook"] = [endpoint.pk, endpoint.secret]
    return _back(endpoint)


@require_POST
@requires("integrate")
def test(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    return _tried(
        request,
        endpoint,
        lambda: endpoints.send_test(endpoint),
        done=gettext("Test event is on its way. Reload to see the answer."),
    )


@require_POST
@requires("integrate")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    endpoints.switch(endpoint, is_active=request.POST.get("to") == "on")
    return _back(endpoint)


@require_POST
@requires("integrate")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, pk)
    request.session["new_webhook"] = [endpoint.pk, endpoints.rotate_secret(endpoint)]
    return _back(endpoint)


@require_POST
@requires("integrate")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    _endpoint(request, pk).delete()
    messages.success(request, gettext("Deleted."))
    return redirect("webhooks")


@require_POST
@requires("integrate")
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(
        WebhookDelivery.objects.select_related("endpoint"), pk=pk, endpoint__user=signed_in(request)
    )
    return _tried(request, delivery.endpoint, lambda: endpoints.replay(delivery), done=gettext("It is sent again."))


def _page(request: HttpRequest, *, form: WebhookForm, status: int = 200) -> HttpResponse:
    rows = list(WebhookEndpoint.objects.filter(user=signed_in(request)))
    chosen = next((row for row in rows if str(row.pk) == request.GET.get("endpoint")), rows[0] if rows else None)
    # Shown once: taken out of the session by the page that shows it.
    new_pk, new_secret = request.session.pop("new_webhook", [None, ""])
    state = request.GET.get("state", "")
    return render(
        request,
        "accounts/webhooks.html",
        {
            "form": form,
            "endpoints": rows,
            "chosen": chosen,
            "secret": new_secret if chosen is not None and new_pk == chosen.pk else "",
            "deliveries": _deliveries(chosen, state=state) if chosen else [],
            "state": state,
            "states": DeliveryState.choices,
            "hours": endpoints.OLD_SECRET_HOURS,
        },
        status=status,
    )


def _deliveries(endpoint: WebhookEndpoint, *, state: str) -> list[WebhookDelivery]:
    rows = endpoint.deliveries.select_related("event").order_by("-pk")
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    return list(rows[:_SHOWN_DELIVERIES])


def _endpoint(request: HttpRequest, pk: int) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, pk=pk, user=signed_in(request))


def _back(endpoint: WebhookEndpoint) -> HttpResponse:
    return redirect(f"{reverse('webhooks')}?endpoint={endpoint.pk}")


def _tried(request: HttpRequest, endpoint: WebhookEndpoint, act: Callable[[], Any], *, done: str) -> HttpResponse:
    try:
        act()
    except endpoints.EndpointError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return _back(endpoint)

"""Pages of the second factor: the code after the password, and turning it on and off under Settings."""

from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView

from accounts import second_factor
from accounts.access import client_address, requires, signed_in
from accounts.forms import CodeForm, PasswordAndCodeForm
from accounts.models import User

_FRESH = "recovery_codes"


@method_decorator(never_cache, name="dispatch")
class EnterCode(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """The second half of signing in, in whatever way the password was given: the sign-in page, the admin's, a link."""

    template_name = "accounts/second_factor_code.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not getattr(request, "half_signed_in", None):
            return redirect("sign-in")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)

    def get_default_redirect_url(self) -> str:
        return reverse("inbox")

    def form_valid(self, form: CodeForm) -> HttpResponse:
        user: User = self.request.half_signed_in  # type: ignore[attr-defined]
        try:
            second_factor.check(user, form.cleaned_data["code"], address=client_address(self.request))
        except second_factor.NotTaken as error:
            form.add_error("code", str(error))
            return self.form_invalid(form)
        second_factor.remember(self.request.session, user)
        left = user.recovery_codes.filter(used_at=None).count()
        if left < second_factor.FEW_CODES:
            messages.warning(
                self.request, gettext("Recovery codes left: %(n)s. Make new ones under Settings.") % {"n": left}
            )
        return redirect(self.get_success_url())


@require_GET
@requires("view")
@never_cache  # may show a key, and codes once
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@requires("view")
def begin(request: HttpRequest) -> HttpResponse:
    second_factor.begin(signed_in(request))
    return redirect("second-factor")


@require_POST
@requires("view")
def confirm(request: HttpRequest) -> HttpResponse:
    user, form = signed_in(request), CodeForm(request.POST)
    if form.is_valid():
        try:
            request.session[_FRESH] = second_factor.confirm(user, form.cleaned_data["code"])
        except second_factor.NotTaken as error:
            form.add_error("code", str(error))
    if form.errors:
        return _page(request, form=form, status=422)
    second_factor.remember(request.session, user)
    return redirect("second-factor")


@require_POST
@requires("view")
def renew_codes(request: HttpRequest) -> HttpResponse:
    form = _checked(request)
    if form.errors:
        return _page(request, form=form, status=422)
    request.session[_FRESH] = second_factor.renew_codes(signed_in(request))
    return redirect("second-factor")


@require_POST
@requires("view")
def turn_off(request: HttpRequest) -> HttpResponse:
    form = _checked(request)
    if form.errors:
        return _page(request, form=form, status=422)
    second_factor.turn_off(signed_in(request), by=signed_in(request))
    messages.success(request, gettext("Signing in asks for the password alone now."))
    return redirect("second-factor")


def _checked(request: HttpRequest) -> PasswordAndCodeForm:
    """Without errors, the form has shown that its sender is the user and not somebody at their desk."""
    form = PasswordAndCodeForm(request.POST)
    if form.is_valid():
        try:
            second_factor.check(signed_in(request), address=client_address(request), **form.cleaned_data)
        except second_factor.NotTaken as error:
            form.add_error("code", str(error))
    return form


def _page(request: HttpRequest, *, form: CodeForm | None = None, status: int = 200) -> HttpResponse:
    user = signed_in(request)
    is_on = second_factor.is_asked_of(user)
    shown = {
        "is_on": is_on,
        "is_missing": second_factor.is_missing(user),
        "codes": request.session.pop(_FRESH, None),
        "left": user.recovery_codes.filter(used_at=None).count(),
        "form": form or (PasswordAndCodeForm() if is_on else CodeForm()),
        **({} if is_on or not user.second_factor_key else _drawn(user)),
    }
    return render(request, "accounts/second_factor.html", shown, status=status)


def _drawn(user: User) -> dict[str, str]:
    """The key as a picture for the phone, and in groups of four for whoever types it. Nothing, where it cannot be read any more."""
    try:
        key, address = second_factor.key_of(user), second_factor.address_of(user)
    except second_factor.NotTaken:
        return {}
    drawing = segno.make(address, error="m").svg_inline(scale=4, border=4, light="#fff", svgclass="qr", lineclass=None)
    return {"drawing": drawing, "key": " ".join(key[at : at + 4] for at in range(0, len(key), 4))}

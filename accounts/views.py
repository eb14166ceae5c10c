from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires, signed_in
from accounts.forms import SettingsForm, TokenForm
from accounts.middleware import language_of
from accounts.models import ApiToken, Scope
from accounts.signing_in import SignInForm


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """On to the code for who has given the password, with where they wanted to go."""
        if request.method == "GET" and getattr(request, "half_signed_in", None):
            return redirect(f"{reverse('sign-in-code')}?{request.GET.urlencode()}")
        return super().dispatch(request, *args, **kwargs)


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()


@requires("view")
def settings_page(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=signed_in(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        # The answer is read in the language just chosen.
        with translation.override(language_of(request)):
            messages.success(request, gettext("Saved."))
        return redirect("settings")
    return render(request, "accounts/settings.html", {"form": form})


@require_GET
@requires("integrate")
@never_cache  # may show a secret, once
def tokens(request: HttpRequest) -> HttpResponse:
    # Shown once: taken out of the session by the page that shows it.
    secret = request.session.pop("new_token", None)
    rows = ApiToken.objects.filter(user=signed_in(request)).order_by("revoked_at", "-created_at")
    return render(
        request,
        "accounts/tokens.html",
        {"tokens": rows, "secret": secret, "form": TokenForm(), "host": request.get_host()},
    )


@require_POST
@requires("integrate")
def create_token(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        rows = ApiToken.objects.filter(user=signed_in(request))
        return render(request, "accounts/tokens.html", {"tokens": rows, "form": form}, status=422)
    days = form.cleaned_data["days"]
    _, secret = ApiToken.issue(
        user=signed_in(request),
        name=form.cleaned_data["name"],
        scopes=[Scope(value).value for value in form.cleaned_data["scopes"]],
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    request.session["new_token"] = secret
    return redirect("tokens")


@require_POST
@requires("integrate")
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=signed_in(request))
    token.revoke()
    messages.success(request, gettext("%(name)s no longer works.") % {"name": token.name})
    return redirect("tokens")

"""Pages about people and passwords: managers add people and let them in, everybody changes the own password."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordResetForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import people, ratelimit, second_factor
from accounts.access import client_address, requires, signed_in
from accounts.forms import PersonForm
from accounts.models import Role, User

# E-mails that one address may ask for in a quarter of an hour.
EMAILS, EMAILS_WINDOW_S = 5, 900


@require_GET
@requires("manage")
@never_cache  # may show a secret, once
def people_page(request: HttpRequest) -> HttpResponse:
    return _page(request, PersonForm())


@require_POST
@requires("manage")
def add(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    user = people.add(by=signed_in(request), **form.cleaned_data)
    return _hand_over(request, user, people.password_link(user))


@require_POST
@requires("manage")
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    def change(user: User) -> str:
        role = Role(request.POST.get("role", ""))
        people.give_role(user, role=role, by=signed_in(request))
        return f"{user} is {role.label.lower()} now."

    return _change(request, pk, change)


@require_POST
@requires("manage")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    def change(user: User) -> str:
        people.switch(user, is_active=not user.is_active, by=signed_in(request))
        return (
            gettext("%(user)s may sign in again.") % {"user": user}
            if user.is_active
            else gettext("%(user)s can no longer sign in or use API tokens.") % {"user": user}
        )

    return _change(request, pk, change)


@require_POST
@requires("manage")
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    def change(user: User) -> str:
        second_factor.reset(user, by=signed_in(request))
        return gettext("%(user)s signs in with the password alone, until a second factor is set up anew.") % {
            "user": user
        }

    return _change(request, pk, change)


@require_POST
@requires("manage")
def new_link(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    try:
        link = people.new_password_link(user, by=signed_in(request))
    except people.NotAllowed as error:
        messages.error(request, str(error))
        return redirect("people")
    return _hand_over(request, user, link)


def _change(request: HttpRequest, pk: int, change: Callable[[User], str]) -> HttpResponse:
    try:
        messages.success(request, change(get_object_or_404(User, pk=pk)))
    except people.NotAllowed as error:
        messages.error(request, str(error))
    except ValueError:
        messages.error(request, gettext("There is no such role."))
    return redirect("people")


def _hand_over(request: HttpRequest, user: User, link: str) -> HttpResponse:
    """The link is shown once, by the page that follows."""
    request.session["password_link"] = {"name": str(user), "link": link}
    return redirect("people")


def _page(request: HttpRequest, form: PersonForm, *, status: int = 200) -> HttpResponse:
    shown = {
        "people": User.objects.order_by("-is_active", "username"),
        "roles": Role.choices,
        "form": form,
        "fresh": request.session.pop("password_link", None),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    return render(request, "accounts/people.html", shown, status=status)


class ChangePassword(auth_views.PasswordChangeView):
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("settings")

    def form_valid(self, form: object) -> HttpResponse:
        messages.success(self.request, gettext("Your password has been changed."))
        return super().form_valid(form)


class ChoosePassword(auth_views.PasswordResetConfirmView):
    """Behind a link of `people.password_link`: of a new person, or of one who forgot. Who has chosen a password is signed in."""

    template_name = "accounts/password_choose.html"
    success_url = reverse_lazy("inbox")
    post_reset_login = True

    def get_user(self, uidb64: str) -> User | None:
        """Nobody for people who were switched off: their link is as one that has run out."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: object) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, gettext("Your password is set."))
        return answer


class ForgotPassword(auth_views.PasswordResetView):
    """An e-mail with a link, where the site can send e-mails; else the page says whom to ask. Never whether an address is known."""

    template_name = "accounts/password_forgotten.html"
    success_url = reverse_lazy("password-forgotten")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sends_email=bool(settings.EMAIL_HOST), **kwargs)

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        key = f"emails:{client_address(self.request)}"
        within = not ratelimit.spend(key, limit=EMAILS, window_s=EMAILS_WINDOW_S).is_over
        if settings.EMAIL_HOST and within:
            site = settings.SITE_URL.partition("://")
            form.save(
                domain_override=site[2],
                use_https=site[0] == "https",
                subject_template_name="accounts/password_email_subject.txt",
                email_template_name="accounts/password_email.txt",
            )
        messages.success(
            self.request, gettext("If there is an account with this address, an e-mail with a link is on its way.")
        )
        return redirect(str(self.success_url))


change_password = requires("view")(ChangePassword.as_view())
choose_password = ChoosePassword.as_view()
forgot_password = ForgotPassword.as_view()

"""Who may use the site: people are added, given a role, let in again when they forgot their password, and switched off."""

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext

from accounts.models import Role, User


class NotAllowed(Exception):
    """The change would be a mistake; the text says which."""


def add(*, username: str, role: Role, by: User | None = None, **names: str) -> User:
    """A person who cannot sign in before choosing a password by `password_link`."""
    with transaction.atomic():
        user = User.objects.create_user(username=username, role=role, **names)
        note(user, by=by, what=f"Added as {role.value}")
    return user


def give_role(user: User, *, role: Role, by: User | None = None) -> None:
    if user.role == role:
        return
    check_may_change(user, by=by)
    with transaction.atomic():
        before, user.role = Role(user.role), role
        user.save(update_fields=["role"])
        note(user, by=by, what=f"Role {before.value} → {role.value}")


def switch(user: User, *, is_active: bool, by: User | None = None) -> None:
    """Off: signed out everywhere with the next request, and the person's API tokens no longer work."""
    if user.is_active == is_active:
        return
    check_may_change(user, by=by)
    with transaction.atomic():
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        note(user, by=by, what="Switched on" if is_active else "Switched off")


def new_password_link(user: User, *, by: User | None = None) -> str:
    """An address where the person chooses a password: once, within PASSWORD_RESET_TIMEOUT. Whoever has it can sign in as them."""
    if by is not None and by.pk == user.pk:
        raise NotAllowed(gettext("Change your own password under Settings, You."))
    check_may_change(user, by=by)
    if not user.is_active:
        raise NotAllowed(gettext("This person is switched off. Switch them on first."))
    note(user, by=by, what="Link for a new password made")
    return password_link(user)


def password_link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse("password-choose", args=[uid, default_token_generator.make_token(user)])


def check_may_change(user: User, *, by: User | None) -> None:
    """None is whoever runs commands on the machine, and may do all."""
    if by is None:
        return
    if by.pk == user.pk:
        raise NotAllowed(gettext("You cannot change your own role or switch yourself off. Ask another manager."))
    if user.is_superuser and not by.is_superuser:
        raise NotAllowed(gettext("An administrator is changed by administrators only."))


def note(user: User, *, by: User | None, what: str) -> None:
    """Beside what the admin pages note themselves. A command has no person to name and leaves the note to its log."""
    if by is not None:
        LogEntry.objects.log_actions(by.pk, [user], CHANGE, change_message=what, single_object=True)

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import people, second_factor
from accounts.models import ApiToken, Role, Scope, User


class Command(BaseCommand):
    help = (
        "Add a person, or change one: role, on or off, a link to choose a (new) password with, an API token. "
        "Without a name: who there is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="the name they sign in with")
        parser.add_argument("--role", choices=Role.values, help="of a new person: operator, unless given")
        parser.add_argument("--email", default="")
        parser.add_argument("--administrator", action="store_true", help="may do everything, the admin pages included")
        parser.add_argument("--link", action="store_true", help="an address where they choose a new password")
        parser.add_argument("--token", metavar="SCOPES", default="", help=f"an API token: {','.join(Scope.values)}")
        parser.add_argument("--reset-second-factor", action="store_true", help="phone and recovery codes are lost")
        parser.add_argument("--off", action="store_true", help="may no longer sign in, nor use API tokens")
        parser.add_argument("--on", action="store_true", help="may again")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        # Often the first command of a new installation.
        call_command("migrate", verbosity=0, interactive=False)
        if not options["name"]:
            self._list(is_json=options["json"])
            return
        user = User.objects.filter(username=options["name"]).first()
        is_new = user is None
        if user is None:
            user = self._add(options)
        self._change(user, options)
        answer = _told(user)
        if options["link"] or (is_new and not options["token"]):
            answer["link"] = self._link(user)
        if options["token"]:
            answer["token"] = self._token(user, options["token"])
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(_line(user))
        for name, what in (("link", "Choose a password at"), ("token", "API token, shown once:")):
            if name in answer:
                self.stdout.write(f"{what} {answer[name]}")

    def _list(self, *, is_json: bool) -> None:
        rows = list(User.objects.order_by("username"))
        if is_json:
            self.stdout.write(json.dumps(list(map(_told, rows))))
        else:
            self.stdout.write(
                "\n".join(map(_line, rows)) or "Nobody yet. Add the first: manage.py user NAME --administrator"
            )

    def _add(self, options: dict[str, Any]) -> User:
        fresh = User(username=options["name"], email=options["email"])
        try:
            fresh.clean_fields(exclude=["password"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        role = Role(options["role"] or Role.OPERATOR)
        return people.add(username=fresh.username, role=role, email=fresh.email)

    def _change(self, user: User, options: dict[str, Any]) -> None:
        if options["off"] and options["on"]:
            raise CommandError("Give --on or --off, not both.")
        if options["role"]:
            people.give_role(user, role=Role(options["role"]))
        if options["off"] or options["on"]:
            people.switch(user, is_active=options["on"])
        if options["reset_second_factor"]:
            second_factor.reset(user)
        if options["administrator"] and not user.is_superuser:
            user.is_superuser = user.is_staff = True
            user.save(update_fields=["is_superuser", "is_staff"])

    def _link(self, user: User) -> str:
        try:
            return people.new_password_link(user)
        except people.NotAllowed as error:
            raise CommandError(str(error)) from None

    def _token(self, user: User, scopes: str) -> str:
        try:
            return ApiToken.issue(user=user, name="command line", scopes=[one for one in scopes.split(",") if one])[1]
        except ValueError as error:
            raise CommandError(f"{error}; there are {', '.join(Scope.values)}") from None


def _told(user: User) -> dict[str, Any]:
    has_factor = second_factor.is_asked_of(user)
    return {"name": user.username, "role": user.role, "is_active": user.is_active, "has_second_factor": has_factor}


def _line(user: User) -> str:
    extra = [
        word
        for is_so, word in (
            (user.is_superuser, "administrator"),
            (not user.is_active, "switched off"),
            (second_factor.is_asked_of(user), "second factor"),
        )
        if is_so
    ]
    return ", ".join([f"{user.username}: {user.role}", *extra])

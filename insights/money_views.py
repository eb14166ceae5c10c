from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires, signed_in
from accounts.models import Tier, User
from insights import money as ledgers
from processing import allowances
from processing.models import Budget, BudgetScope


class BudgetForm(forms.Form):
    """`whom` is a scope with its key, as "tier:plus"."""

    whom = forms.CharField(max_length=50)
    batch = forms.CharField(max_length=18, required=False)
    limit_usd = forms.DecimalField(min_value=Decimal(0), max_value=Decimal(1_000_000), decimal_places=2)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        scope, _, key = str(values.get("whom", "")).partition(":")
        if scope not in BudgetScope.values:
            raise forms.ValidationError(gettext("Choose whom the budget is for."))
        if scope == BudgetScope.BATCH and values.get("batch"):
            key = str(values["batch"])
        return {**values, "scope": scope, "key": key}


@require_GET
@requires("manage")
def money(request: HttpRequest) -> HttpResponse:
    rows = ledgers.calls(request.GET)
    context = {
        **ledgers.page(request.GET),
        "page": Paginator(rows, ledgers.CALLS_A_PAGE).get_page(request.GET.get("page")),
        "tiers": Tier.choices,
        "users": User.objects.filter(is_active=True).order_by("username")[:500],
    }
    return render(request, "insights/money.html", context)


@require_GET
@requires("manage")
def money_ledger(request: HttpRequest) -> StreamingHttpResponse:
    """The calls shown on the page, all of them, as CSV."""
    response = StreamingHttpResponse(
        ledgers.ledger(ledgers.calls(request.GET), ledgers.found(request.GET)), content_type="text/csv; charset=utf-8"
    )
    month = ledgers.month_of(request.GET.get("month", "")).key
    response["Content-Disposition"] = f'attachment; filename="provider-calls-{month}.csv"'
    return response


@require_POST
@requires("manage")
def money_budget(request: HttpRequest) -> HttpResponse:
    """Sets a budget; what an exhausted one had stopped goes on."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("money")
    values = form.cleaned_data
    try:
        going = allowances.set_limit(
            scope=values["scope"], key=values["key"], limit_usd=values["limit_usd"], by=signed_in(request)
        )
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("money")
    messages.success(
        request,
        f"{gettext('The budget is $%(sum)s.') % {'sum': values['limit_usd']}} {_going(going)}".strip(),
    )
    return redirect("money")


@require_POST
@requires("manage")
def money_budget_remove(request: HttpRequest, pk: int) -> HttpResponse:
    going = allowances.remove(get_object_or_404(Budget, pk=pk))
    messages.success(request, f"{gettext('The budget is gone.')} {_going(going)}".strip())
    return redirect("money")


def _going(number: int) -> str:
    said = ngettext("%(n)s stopped photo goes on.", "%(n)s stopped photos go on.", number)
    return said % {"n": number} if number else ""

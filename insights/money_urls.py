from django.urls import path

from insights import money_views as views

urlpatterns = [
    path("money", views.money, name="money"),
    path("money/ledger.csv", views.money_ledger, name="money-ledger"),
    path("money/budgets", views.money_budget, name="money-budget"),
    path("money/budgets/<int:pk>/remove", views.money_budget_remove, name="money-budget-remove"),
]

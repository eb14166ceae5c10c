from decimal import Decimal

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# A start that no test of a new key can hurt much; managers change it under Money.
FIRST = {"standard": Decimal(20), "plus": Decimal(100)}


def give_tiers_a_budget(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    budget = apps.get_model("processing", "Budget")
    for tier, limit_usd in FIRST.items():
        budget.objects.get_or_create(scope="tier", key=tier, defaults={"limit_usd": limit_usd})


class Migration(migrations.Migration):
    dependencies = [("processing", "0005_money_prompts_bakeoffs")]

    operations = [migrations.RunPython(give_tiers_a_budget, migrations.RunPython.noop)]

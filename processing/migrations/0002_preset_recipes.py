from django.db import migrations


def write_presets(apps, schema_editor):
    # The presets as they are in code today: on a later installation version 1 starts with what that release ships.
    from processing.recipes import PRESETS

    recipe = apps.get_model("processing", "Recipe")
    for name, (label, data) in PRESETS.items():
        recipe.objects.get_or_create(name=name, version=1, defaults={"label": label, "data": data.to_dict()})


class Migration(migrations.Migration):
    dependencies = [("processing", "0001_initial")]
    operations = [migrations.RunPython(write_presets, migrations.RunPython.noop)]

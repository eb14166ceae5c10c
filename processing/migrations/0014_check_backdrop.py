from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processing", "0013_same_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="check",
            name="backdrop",
            field=models.CharField(blank=True, default="", max_length=8),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processing", "0012_provider_share")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="key",
            field=models.CharField(
                blank=True, default="", help_text="of a paid call: under which its result will be found", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(condition=models.Q(("outcome", "running")), fields=["key"], name="attempt_same_call"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("processing", "0014_check_backdrop"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="rendition",
            index=models.Index(
                condition=models.Q(("state__in", ["recalled", "rejected"])),
                fields=["decided_at"],
                name="rendition_taken_back",
            ),
        ),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("processing", "0007_retention_and_schedules"),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnBackplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("style", models.SlugField(help_text='recipes name it "own:<style>"', max_length=32)),
                ("name", models.SlugField(max_length=60)),
                ("sha256", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=120)),
                ("media_type", models.CharField(max_length=40)),
                ("side_px", models.PositiveIntegerField()),
                ("values", models.JSONField(default=dict)),
                ("is_ready", models.BooleanField(default=False)),
                ("preview_sha256", models.CharField(blank=True, max_length=64)),
                ("preview_path", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["style", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("style", "name"), name="own_backplate_name_once_per_style"),
                    models.UniqueConstraint(fields=("style", "sha256"), name="own_backplate_once_per_style"),
                ],
            },
        ),
    ]

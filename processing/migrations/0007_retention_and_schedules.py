import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_intake_files'),
        ('processing', '0006_tier_budgets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='artifact',
            name='artifact_due',
        ),
        migrations.RenameField(
            model_name='artifact',
            old_name='expires_at',
            new_name='expired_at',
        ),
        migrations.AddField(
            model_name='artifact',
            name='used_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text='made or found done by a job; its age counts from here'),
        ),
        migrations.AddField(
            model_name='batch',
            name='hours_from',
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='hours_to',
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='rank',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='job',
            name='available_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddIndex(
            model_name='artifact',
            index=models.Index(condition=models.Q(('state', 'stored')), fields=['used_at'], name='artifact_unused'),
        ),
        migrations.AddIndex(
            model_name='step',
            index=models.Index(condition=models.Q(('key', ''), _negated=True), fields=['key'], name='step_by_key'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours_from', None), ('hours_to', None)), models.Q(('hours_from__isnull', False), ('hours_to__isnull', False)), _connector='OR'), name='batch_hours_both_or_none'),
        ),
    ]

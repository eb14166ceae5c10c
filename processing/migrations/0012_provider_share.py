from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processing", "0011_prompt_files")]

    operations = [
        migrations.AddField(model_name="providerstate", name="share", field=models.FloatField(default=1.0)),
    ]

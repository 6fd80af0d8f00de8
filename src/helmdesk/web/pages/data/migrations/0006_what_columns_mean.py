"""What columns of an upload are taken for is kept beside its report: a failed check has it too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0005_runs")]

    operations = [
        migrations.AddField(
            model_name="loadjob", name="reading", field=models.JSONField(blank=True, default=dict)
        )
    ]

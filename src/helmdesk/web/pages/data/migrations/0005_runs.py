"""Each preview and each load of an upload is a job of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0004_sheet")]

    operations = [
        migrations.AddField(
            model_name="loadjob", name="runs", field=models.PositiveIntegerField(default=0)
        )
    ]

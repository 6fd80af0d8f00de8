"""What may be said of uploaded files: their account, order of dates, scale of answers."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="loadjob",
            name="account",
            field=models.CharField(blank=True, default="", max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="loadjob",
            name="dates",
            field=models.CharField(blank=True, default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="loadjob",
            name="scale",
            field=models.CharField(blank=True, default="", max_length=12),
            preserve_default=False,
        ),
    ]

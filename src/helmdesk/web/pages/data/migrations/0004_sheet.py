from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data", "0003_what_was_said_of_files")]

    operations = [
        migrations.AddField("loadjob", "sheet", models.CharField(blank=True, max_length=100))
    ]

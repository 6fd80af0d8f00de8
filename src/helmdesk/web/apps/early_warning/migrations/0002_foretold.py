from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("early_warning", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Foretold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=40, unique=True)),
                ("is_on", models.BooleanField(default=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
    ]

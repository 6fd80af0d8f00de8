from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_audit_head"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="epoch",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]

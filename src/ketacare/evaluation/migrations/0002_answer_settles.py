from django.db import migrations, models

from ketacare.clinic.guards import InstallGuards


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0001_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="answer",
            name="settles",
            field=models.JSONField(default=list),
        ),
        InstallGuards("Answer"),
    ]

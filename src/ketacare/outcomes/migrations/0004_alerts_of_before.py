"""Alerts of before: those that are closed were closed without a contact; the others begin to wait for the ladder now."""

from django.db import migrations
from django.db.models import F
from django.utils import timezone


def begin(apps, schema_editor):
    Alert = apps.get_model("outcomes", "Alert")
    Alert.objects.filter(status="closed").update(closed_without_contact_before=True)
    Alert.objects.exclude(status="closed").update(next_step_at=timezone.now())
    Alert.objects.filter(taken_at__isnull=False).update(first_taken_at=F("taken_at"), first_taken_by=F("owner"))


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0003_alerts_that_are_owned'),
    ]

    operations = [
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]

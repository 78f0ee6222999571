from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outcomes', '0004_alerts_of_before'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'closed'), _negated=True), ('contact__isnull', False), ('closed_without_contact_before', True), _connector='OR'), name='alert_closed_after_a_contact'),
        ),
    ]

"""Sites that were opened before rulebooks were put in force by name work by version 1 of each: there was no other.

Their own numbers move from the site's settings into the same rows.
"""

from django.db import migrations
from django.utils import timezone

from ketacare.science import reference
from ketacare.science.rules import book as rulebooks

FOUNDING = "In force before rulebooks were put in force by name."
FIRST = 1


def put_in_force(apps, schema_editor):
    Site = apps.get_model("clinic", "Site")
    Proposal, Ruling = apps.get_model("clinic", "RulebookProposal"), apps.get_model("clinic", "RulebookRuling")
    at = timezone.now()
    for site in Site.objects.all():
        for book in rulebooks.names():
            digest = reference.digest(f"{rulebooks.FOLDER}/{book}.{FIRST}.yaml")
            own = site.policy.pop(book, {})
            proposal = Proposal.objects.create(
                site=site, book=book, version=FIRST, sha256=digest, parameters=own, reason=FOUNDING, proposed_at=at
            )
            Ruling.objects.create(proposal=proposal, approved=True, ruled_at=at)
        site.save(update_fields=["policy"])


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0002_rulebooks_in_force'),
    ]

    operations = [
        migrations.RunPython(put_in_force, migrations.RunPython.noop),
    ]

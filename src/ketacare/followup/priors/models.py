"""Which priors a site's forecasts rest on: as somebody proposed them, and what became of that."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models import Site, User


class PriorsProposal(models.Model):
    """Priors of one scale that were fitted to a clinic's own people, as a file told them and somebody proposed them for a site."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="priors_proposals")
    scale = models.CharField(max_length=40)
    told = models.JSONField()  # the whole file: where it comes from, the priors, what they changed for people held out
    sha256 = models.CharField(max_length=64)  # of what is told
    reason = models.TextField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        app_label = "followup"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="priors_proposal_has_a_reason")]

    def __str__(self) -> str:
        return f"priors proposal {self.pk}"


class PriorsRuling(models.Model):
    """What became of a proposal. The newest approved one of a scale is in force at its site from that moment, unless it was taken back."""

    append_only = True

    proposal = models.OneToOneField(PriorsProposal, on_delete=models.PROTECT, related_name="ruling")
    approved = models.BooleanField()
    reason = models.TextField(blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ruled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()

    class Meta:
        app_label = "followup"
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=False) | ~Q(ruled_by=F("proposed_by")),
                name="priors_approved_by_another_person",
            ),
            models.CheckConstraint(condition=Q(approved=True) | ~Q(reason=""), name="priors_turned_down_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"ruling on {self.proposal_id}"


class PriorsEnd(models.Model):
    """Approved priors that were taken back: from that moment the published ones speak again."""

    append_only = True

    ruling = models.OneToOneField(PriorsRuling, on_delete=models.PROTECT, related_name="end")
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        app_label = "followup"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="priors_taken_back_with_a_reason")]

    def __str__(self) -> str:
        return f"end of {self.ruling_id}"

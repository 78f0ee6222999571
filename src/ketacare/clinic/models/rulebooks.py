"""Which version of each rulebook a site works by, with which numbers of its own: proposed by one, approved by another."""

from django.db import models
from django.db.models import F, Q

from ketacare.clinic.models.people import Site, User


class RulebookProposal(models.Model):
    """A version of a rulebook, and the parameters in which a site differs from it, as somebody proposed them."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rulebook_proposals")
    book = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)  # every one that differs from the book's default, not only the new ones
    loosened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="rulebook_proposal_has_a_reason")]

    def __str__(self) -> str:
        return f"{self.book} {self.version}"


class RulebookRuling(models.Model):
    """What became of a proposal. The newest approved one whose day has come is in force.

    The versions that a site starts with were proposed and approved by nobody, and hold from the beginning of time.
    """

    append_only = True

    proposal = models.OneToOneField(RulebookProposal, on_delete=models.PROTECT, related_name="ruling")
    approved = models.BooleanField()
    reason = models.TextField(blank=True)
    effective_from = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ruled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=False)
                | Q(proposed_by__isnull=True, ruled_by__isnull=True)
                | (Q(proposed_by__isnull=False, ruled_by__isnull=False) & ~Q(ruled_by=F("proposed_by"))),
                name="rulebook_approved_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__isnull=True) | Q(effective_from__gte=F("ruled_at")),
                name="rulebook_never_in_force_before_its_approval",
            ),
        ]

    def __str__(self) -> str:
        return f"ruling on {self.proposal_id}"

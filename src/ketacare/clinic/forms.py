"""Browser text to values; forms never save."""

from collections.abc import Iterable

from django import forms

from ketacare.clinic.bookshelf import Number
from ketacare.clinic.models import Qualification, Role, Site
from ketacare.science.errors import BadPolicy
from ketacare.science.qualifications import table
from ketacare.science.rules import Book

PRIVATE = {"autocomplete": "off"}
STAFF_ROLES = [(role.value, role.label) for role in Role if role != Role.PATIENT]


class RoleForm(forms.Form):
    """One role at one of the administrator's sites."""

    role = forms.ChoiceField(choices=STAFF_ROLES)
    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)

    def __init__(self, *args: object, sites: Iterable[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = Site.objects.filter(pk__in=sites).order_by("name")


class InvitationForm(RoleForm):
    """A new member of staff."""

    name = forms.CharField(max_length=120, label="Full name", help_text="As it is to stand under what they sign.")
    email = forms.EmailField(label="E-mail address", help_text="They log in with it.")
    field_order = ["name", "email", "role", "site"]


class QualificationForm(forms.Form):
    """One paper as it reads."""

    kind = forms.ChoiceField(label="What it is")
    issued_by = forms.CharField(label="Issued by", max_length=120, help_text="The board, agency or course provider.")
    number = forms.CharField(
        max_length=80, required=False, help_text="Of a licence or registration.", widget=forms.TextInput(attrs=PRIVATE)
    )
    valid_from = forms.DateField(label="Valid from", widget=forms.DateInput(attrs={"type": "date"}))
    expires_on = forms.DateField(
        label="Last day", required=False, help_text="As printed.", widget=forms.DateInput(attrs={"type": "date"})
    )
    supersedes = forms.ModelChoiceField(
        label="Takes the place of",
        queryset=Qualification.objects.none(),
        required=False,
        empty_label="Nothing: it is new",
    )

    def __init__(self, *args: object, papers: Iterable[Qualification], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        labels = {kind: one.label for kind, one in table().kinds.items()}
        known = list(papers)
        self.fields["kind"].choices = labels.items()
        old = self.fields["supersedes"]
        old.queryset = Qualification.objects.filter(pk__in=[row.pk for row in known], superseded_by__isnull=True)
        old.label_from_instance = lambda row: f"{labels[row.kind]}, {row.issued_by}, from {row.valid_from:%d %b %Y}"

    def clean(self) -> dict[str, object]:
        """Say beside its field what this kind of paper must carry."""
        told = super().clean()
        kind = table().kinds.get(str(told.get("kind")))
        if kind is not None and kind.has_number and not told.get("number"):
            self.add_error("number", f"{kind.label} has a number: write it down.")
        if kind is not None and kind.runs_out and told.get("expires_on") is None and "expires_on" not in self.errors:
            self.add_error("expires_on", f"{kind.label} runs out: say until when.")
        return told

    def values(self) -> dict[str, object]:
        """What the action takes."""
        old = self.cleaned_data["supersedes"]
        return self.cleaned_data | {"supersedes": old.pk if old else None}


class EndForm(forms.Form):
    """Why a paper counts no more."""

    reason = forms.CharField(label="Why it counts no more", widget=forms.Textarea(attrs={"rows": 2}))


class EmergencyForm(forms.Form):
    """Whose record, and why: everything exactly, so that nothing can be browsed."""

    given_name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    family_name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    born_on = forms.DateField(label="Date of birth", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label="Why you need this record now",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The quality lead reads it today.",
    )


class HoldForm(forms.Form):
    """A reason not to treat, and what will lift it."""

    reason = forms.CharField(label="Reason not to treat", widget=forms.Textarea(attrs={"rows": 2}))
    lifts_when = forms.CharField(label="Lifts when", widget=forms.Textarea(attrs={"rows": 2}))


class LiftForm(forms.Form):
    """Why a hold no longer stands."""

    reason = forms.CharField(label="Why it is lifted", widget=forms.Textarea(attrs={"rows": 2}))


class NumberBox(forms.NumberInput):
    """A number in a table: no wider than it needs."""

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        super().__init__({"class": "form-control number-box", "autocomplete": "off"} | (attrs or {}))


class RulebookForm(forms.Form):
    """A site's own numbers for a version of a rulebook, each inside its bounds, and why."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Why it should change", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, book: Book, numbers: Iterable[Number], *args: object, **kwargs: object) -> None:
        super().__init__(*args, initial={"version": book.version}, **kwargs)
        self.book, self.numbers = book, list(numbers)
        for one in self.numbers:
            self.fields[one.name] = forms.FloatField(label=one.name, initial=plain(one.wanted), widget=NumberBox)

    def clean(self) -> dict[str, object]:
        """Refuse what lies outside its bounds or breaks an order; who may loosen is the action's to say."""
        cleaned = super().clean()
        if not self.errors:
            try:
                self.book.policy(self.parameters(), loosened_by="whoever may")
            except BadPolicy as bad:
                for problem in bad.problems:
                    self.add_error(problem.place if problem.place in self.fields else None, problem.says)
        return cleaned

    def parameters(self) -> dict[str, float]:
        """The numbers as they were filled in."""
        return {one.name: self.cleaned_data[one.name] for one in self.numbers}

    def rows(self) -> list[tuple[Number, forms.BoundField]]:
        """Each parameter with its control."""
        return [(one, self[one.name]) for one in self.numbers]


class ApprovalForm(forms.Form):
    """From which day on a proposal counts."""

    effective_on = forms.DateField(label="In force from", widget=forms.DateInput(attrs={"type": "date"}))
    seen = forms.CharField(widget=forms.HiddenInput)


class RejectionForm(forms.Form):
    """Why a proposal does not come into force."""

    reason = forms.CharField(label="Why not", widget=forms.Textarea(attrs={"rows": 2}))


def plain(value: float) -> float | int:
    """A whole number without its nought behind the point."""
    return int(value) if value == int(value) else value

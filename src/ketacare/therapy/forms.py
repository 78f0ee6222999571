"""What people type on the pages of this room, as plain values."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms

from ketacare.therapy.models import SharedTheme, TherapySession
from ketacare.therapy.values import Held, Kept, Shares

TYPED = "%Y-%m-%dT%H:%M"  # what a browser sends for a date with a time
LONGEST = 20000


class SessionForm(forms.Form):
    """A preparation or integration session. The summary is read by the whole care team, and says so."""

    kind = forms.ChoiceField(label="Session", choices=TherapySession.Kind.choices, widget=forms.RadioSelect)
    held_at = forms.DateTimeField(
        label="Held at", input_formats=[TYPED], widget=forms.DateTimeInput({"type": "datetime-local"}, format=TYPED)
    )
    minutes = forms.IntegerField(label="Minutes", min_value=1, max_value=24 * 60)
    summary = forms.CharField(
        label="Shared summary",
        max_length=LONGEST,
        widget=forms.Textarea({"rows": "8", "data-draft": ""}),
        help_text="The whole care team reads it. What only you should read belongs into your process notes.",
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    supersedes = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, now: datetime, begun: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial={"held_at": now, "form_key": uuid4()} | begun, **kwargs)
        self.now = now

    def clean_held_at(self) -> datetime:
        """A session that has been held."""
        at: datetime = self.cleaned_data["held_at"]
        if at > self.now:
            raise forms.ValidationError("This moment has not come yet.")
        return at

    def value(self) -> Held:
        """What the action takes."""
        given = self.cleaned_data
        told = {name: given[name] for name in ("kind", "minutes", "summary", "form_key", "supersedes")}
        return Held(at=given["held_at"], **told)


class NoteForm(forms.Form):
    """A process note: nobody but its author reads it."""

    text = forms.CharField(
        label="Process note", max_length=LONGEST, widget=forms.Textarea({"rows": "10", "data-draft": ""})
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    supersedes = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, begun: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, initial={"form_key": uuid4()} | begun, **kwargs)

    def value(self) -> Kept:
        """What the action takes."""
        return Kept(**self.cleaned_data)


class SharesForm(forms.Form):
    """What the patient chose to share. Without their consent nothing is written down here."""

    kind = forms.ChoiceField(label="What", choices=SharedTheme.Kind.choices, widget=forms.RadioSelect)
    words = forms.CharField(label="In the patient's words", max_length=2000, widget=forms.Textarea({"rows": "3"}))
    consent = forms.ChoiceField(
        label="The patient agrees that the care team reads it",
        choices=SharedTheme.Said.choices,
        widget=forms.RadioSelect,
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"form_key": uuid4()}, **kwargs)

    def value(self) -> Shares:
        """What the action takes."""
        return Shares(**self.cleaned_data)

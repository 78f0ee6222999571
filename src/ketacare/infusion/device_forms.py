"""Browser text to values, about bedside devices."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet

from ketacare.clinic.models import Site
from ketacare.infusion.models import Session

KINDS = (("monitor", "A monitor or another device at the bedside"), ("gateway", "A gateway that speaks for monitors"))


class DeviceForm(forms.Form):
    """A new device."""

    name = forms.CharField(max_length=80, label="Name", help_text="As it stands on its label.")
    kind = forms.ChoiceField(choices=KINDS, label="What it is")
    wire_name = forms.CharField(
        max_length=120,
        required=False,
        label="What it calls itself in its messages",
        help_text="Only for a monitor that speaks through a gateway. Letter for letter, as the list of refused deliveries shows it.",
    )
    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)

    def __init__(self, *args: object, sites: Iterable[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = Site.objects.filter(pk__in=sites).order_by("name")

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        told = dict(self.cleaned_data)
        return {"is_gateway": told.pop("kind") == "gateway"} | told


class SessionChoice(forms.ModelChoiceField):
    """Sessions by their chair."""

    def label_from_instance(self, obj: Session) -> str:
        return f"{obj.chair or 'No chair'}: {obj.patient.initials}, session {obj.number}, {obj.status}"


class PairForm(forms.Form):
    """Which session a device is at."""

    session = SessionChoice(
        queryset=Session.objects.none(), empty_label="Choose the chair", label="Where it stands now"
    )

    def __init__(self, *args: object, sessions: QuerySet[Session], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].queryset = sessions

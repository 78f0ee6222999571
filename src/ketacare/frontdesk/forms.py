"""What people type on the pages of this room, as plain values."""

import unicodedata
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ketacare.clinic.indications import INDICATIONS
from ketacare.clinic.models import Patient, Site, User
from ketacare.frontdesk.models import ConsultationRequest, ContactTry
from ketacare.frontdesk.values import CONSENT, TIMES, RequestInput, TryInput

OLDEST = timedelta(days=366 * 120)
FEWEST_DIGITS = 5
# Signs that show nothing of themselves and turn others round; letters and joiners of every script are kept as they are.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain_line(text: str) -> None:
    """Refuse signs that no name has: control characters, line breaks, and those that reverse what follows."""
    if TURNING & set(text) or any(unicodedata.category(sign) in {"Cc", "Zl", "Zp", "Cs"} for sign in text):
        raise ValidationError(_("Please leave out signs that cannot be seen."))


def can_be_called(text: str) -> None:
    """A telephone number has some digits, of any script."""
    if sum(sign.isdecimal() for sign in text) < FEWEST_DIGITS:
        raise ValidationError(_("This does not look like a telephone number."))


class ConsultationForm(forms.Form):
    """A request for a consultation."""

    site = forms.ModelChoiceField(label=_("Clinic"), queryset=Site.objects.none(), empty_label=None)
    given_name = forms.CharField(
        label=_("First name"),
        max_length=120,
        validators=[plain_line],
        widget=forms.TextInput({"autocomplete": "given-name", "dir": "auto"}),
    )
    family_name = forms.CharField(
        label=_("Last name"),
        max_length=120,
        validators=[plain_line],
        widget=forms.TextInput({"autocomplete": "family-name", "dir": "auto"}),
    )
    born_on = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput({"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d")
    )
    way = forms.ChoiceField(
        label=_("How should we contact you?"),
        choices=[("phone", _("Telephone")), ("email", _("E-mail"))],
        widget=forms.RadioSelect,
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        validators=[plain_line, can_be_called],
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )
    times = forms.MultipleChoiceField(
        label=_("When does it suit you?"), choices=TIMES, required=False, widget=forms.CheckboxSelectMultiple
    )
    needs = forms.CharField(
        label=_("What would help you to talk with us?"),
        help_text=_("Such as an interpreter or a place without stairs. Please write nothing about your health here."),
        max_length=300,
        required=False,
        validators=[plain_line],
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto"}),
    )
    consent = forms.BooleanField(label=CONSENT)

    def __init__(self, *args: Any, sites: QuerySet[Site], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]
        self.today = today
        only = list(sites[:2])
        if len(only) == 1:
            self.fields["site"].initial = only[0]
            self.fields["site"].widget = forms.HiddenInput()

    def clean_born_on(self) -> date:
        """A day that somebody alive was born on."""
        born_on: date = self.cleaned_data["born_on"]
        if not self.today - OLDEST < born_on <= self.today:
            raise ValidationError(_("Please check the date of birth."))
        return born_on

    def clean(self) -> dict[str, Any]:
        """The way chosen has an address."""
        cleaned: dict[str, Any] = super().clean() or {}
        way = cleaned.get("way")
        if way in {"phone", "email"} and not cleaned.get(way) and way not in self.errors:
            self.add_error(way, gettext("Please say where we can reach you."))
        return cleaned

    def value(self, *, key: UUID, language: str, answers: dict[str, list[str]] | None) -> RequestInput:
        """What the action takes."""
        told = {name: value for name, value in self.cleaned_data.items() if name not in {"site", "consent"}}
        site: Site = self.cleaned_data["site"]
        return RequestInput(
            **told, key=key, site_id=site.pk, language=language, consent_text=str(CONSENT), answers=answers
        )


class TryForm(forms.Form):
    """An attempt to reach the person."""

    way = forms.ChoiceField(label="How", choices=ConsultationRequest.Way.choices, widget=forms.RadioSelect)
    came = forms.ChoiceField(label="What came of it", choices=ContactTry.Came.choices, widget=forms.RadioSelect)
    note = forms.CharField(label="Note for the front desk", max_length=300, required=False)

    def value(self) -> TryInput:
        """What the action takes."""
        return TryInput(**self.cleaned_data)


class AppointmentForm(forms.Form):
    """The time that was agreed, by the site's clock."""

    appointment_at = forms.DateTimeField(
        label="First visit",
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    prescriber = forms.ModelChoiceField(
        label="With", queryset=User.objects.none(), required=False, empty_label="Nobody yet: only keep the time"
    )

    def __init__(self, *args: Any, prescribers: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["prescriber"].queryset = prescribers  # type: ignore[attr-defined]


class IdentityForm(forms.Form):
    """Whether a patient is the person who asked."""

    patient = forms.IntegerField(widget=forms.HiddenInput)
    is_same = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")])
    reason = forms.CharField(max_length=500)


class AdmitForm(forms.Form):
    """What is needed to make somebody a patient."""

    indication = forms.ChoiceField(label="What the course is for", choices=list(INDICATIONS.items()))
    sex_at_birth = forms.ChoiceField(
        label="Sex recorded at birth", choices=Patient.Sex.choices, widget=forms.RadioSelect
    )


class CloseForm(forms.Form):
    """Why a request is closed."""

    because = forms.CharField(label="Why it is closed", max_length=500)
    repeats = forms.IntegerField(required=False, widget=forms.HiddenInput)


class TargetForm(forms.Form):
    """Within how many hours a site answers."""

    site = forms.ModelChoiceField(label="Site", queryset=Site.objects.none(), empty_label=None)
    hours = forms.IntegerField(label="Answer within, hours", min_value=1, max_value=24 * 14)

    def __init__(self, *args: Any, sites: QuerySet[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]

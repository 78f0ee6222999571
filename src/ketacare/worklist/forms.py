"""What people type on the pages of this room, as plain values."""

from typing import Any

from django import forms
from django.utils.dateparse import parse_date

from ketacare.clinic.indications import INDICATIONS
from ketacare.clinic.models import Course, Patient, Site
from ketacare.worklist.queries.patients import CLOSED, NO_COURSE, PatientFilter

NEVER_FILL = {"autocomplete": "off"}  # a shared computer must not offer one patient's data on another's form


class PatientFilterForm(forms.Form):
    """Whom the list of patients shows."""

    person = forms.CharField(
        label="Name or date of birth",
        required=False,
        max_length=120,
        widget=forms.TextInput(
            attrs={**NEVER_FILL, "type": "search", "data-key": "/", "data-key-name": "Find a patient"}
        ),
    )
    status = forms.ChoiceField(label="Course", required=False)
    site = forms.ModelChoiceField(
        label="Site", queryset=Site.objects.none(), required=False, empty_label="All my sites"
    )

    def __init__(self, *args: Any, sites: Any, counts: dict[str, int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = counts or {}
        steps = [(key, f"{name} ({known.get(key, 0)})") for key, name in Course.Status.choices]
        self.fields["status"].choices = [("", "Any"), *steps, (NO_COURSE, "No open course"), (CLOSED, "Record closed")]
        self.fields["site"].queryset = sites

    def value(self) -> PatientFilter:
        """The filter; what cannot be read narrows nothing."""
        data = self.cleaned_data if self.is_valid() else {}
        typed = (data.get("person") or "").split()
        born_on = next((day for word in typed if (day := day_of(word))), None)
        site = data.get("site")
        return PatientFilter(
            words=tuple(word for word in typed if not day_of(word)),
            born_on=born_on,
            status=data.get("status") or "",
            site_id=site.pk if site else None,
        )


def day_of(word: str) -> Any:
    """A date written as 1984-05-17, or nothing."""
    try:
        return parse_date(word)
    except ValueError:
        return None


class NewPatientForm(forms.Form):
    """A person to register."""

    site = forms.ModelChoiceField(label="Site", queryset=Site.objects.none(), empty_label=None)
    given_name = forms.CharField(label="Given name", max_length=120, widget=forms.TextInput(attrs=NEVER_FILL))
    family_name = forms.CharField(label="Family name", max_length=120, widget=forms.TextInput(attrs=NEVER_FILL))
    born_on = forms.DateField(
        label="Date of birth", widget=forms.DateInput(attrs={**NEVER_FILL, "type": "date"}, format="%Y-%m-%d")
    )
    sex_at_birth = forms.ChoiceField(
        label="Sex recorded at birth", choices=Patient.Sex.choices, widget=forms.RadioSelect
    )
    phone = forms.CharField(
        label="Telephone", max_length=40, required=False, widget=forms.TextInput(attrs={**NEVER_FILL, "type": "tel"})
    )
    email = forms.EmailField(label="E-mail", required=False, widget=forms.EmailInput(attrs=NEVER_FILL))
    language = forms.ChoiceField(
        label="Language",
        choices=Patient.Language.choices,
        help_text="In which their pages and messages speak to them.",
    )

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites


class NewCourseForm(forms.Form):
    """A course to open."""

    site = forms.ModelChoiceField(label="Site", queryset=Site.objects.none(), empty_label=None)
    indication = forms.ChoiceField(label="What the course is for", choices=list(INDICATIONS.items()))

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites

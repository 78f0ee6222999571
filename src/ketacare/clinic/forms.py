"""Browser text to values; forms never save."""

from collections.abc import Iterable

from django import forms

from ketacare.clinic.models import Role, Site

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

"""What people type on a patient's own pages, and on the staff's pages about them."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ketacare.clinic.models import User
from ketacare.portal.actions.handing import ASKED
from ketacare.science.patients import messages

LANGUAGES = (("en", "English"), ("es", "Español"))
NEVER_FILL = {"autocomplete": "off"}


class InviteForm(forms.Form):
    """How a patient gets the link to their log-in."""

    email = forms.EmailField(
        label="Their e-mail address", help_text="They log in with it.", widget=forms.EmailInput(attrs=NEVER_FILL)
    )
    language = forms.ChoiceField(label="Language of the letter", choices=LANGUAGES)
    is_by_hand = forms.BooleanField(label="Show me the link instead of sending it", required=False)


class WelcomeForm(forms.Form):
    """The first password of a log-in. The date of birth is compared by the view, and wrong ones are counted."""

    born_on = forms.DateField(
        label=_("Your date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    password = forms.CharField(
        label=_("A new password"),
        help_text=_("At least 12 characters. Three or four words in a row are a good one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The same password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("password") and told.get("again") and told["password"] != told["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        elif told.get("password"):
            try:
                validate_password(told["password"], self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return told


def has_words(text: str) -> None:
    """Refuse a message of nothing but blanks; the words themselves are kept exactly."""
    if not text.strip():
        raise ValidationError(_("Write something first."))


def words(label: Any, **more: Any) -> forms.CharField:
    """The field for a message."""
    rows = forms.Textarea(attrs={"rows": 6, "maxlength": messages.load().longest})
    return forms.CharField(
        label=label, max_length=messages.load().longest, strip=False, validators=[has_words], widget=rows, **more
    )


class WriteForm(forms.Form):
    """One more message of a patient."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = words(_("Your message"))


class ThreadForm(WriteForm):
    """The first message about something."""

    subject = forms.CharField(label=_("What is it about?"), max_length=120, widget=forms.TextInput(attrs=NEVER_FILL))
    field_order = ("form_key", "subject", "text")


class AskForm(forms.Form):
    """What a patient asks of their record."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    about = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    words = words(_("What is wrong, and what would be right?"))

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == "erasure":
            self.fields["words"].label = _("What would you like to have erased?")


class DisagreeForm(forms.Form):
    """What a patient says beside an entry."""

    words = words(_("My words"))


IS_CARE = (("yes", "Yes: it stays as long as the record"), ("no", "No: it may be erased if they ask"))


class SettleForm(forms.Form):
    """That nothing waits any more, and whether it belongs to care."""

    seen_until = forms.IntegerField(widget=forms.HiddenInput)
    is_care = forms.ChoiceField(label="Does this belong to the care record?", choices=IS_CARE, widget=forms.RadioSelect)


class StaffAnswerForm(SettleForm):
    """An answer of the clinic."""

    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    text = words("Answer")
    field_order = ("form_key", "seen_until", "text", "is_care")


class HandOverForm(forms.Form):
    """In which form a record is handed over, and how it was asked for."""

    form = forms.ChoiceField(
        label="As",
        choices=(
            ("pdf", "PDF, to read or print"),
            ("fhir", "FHIR, for another system"),
            ("json", "JSON, everything as data"),
        ),
        widget=forms.RadioSelect,
    )
    asked = forms.ChoiceField(label="Why", choices=tuple(ASKED.items()), widget=forms.RadioSelect)

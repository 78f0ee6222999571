"""What people answer and sign about consent."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from ketacare.clinic.models import User
from ketacare.consent.document import Document
from ketacare.consent.models import Consent
from ketacare.consent.signature import Signature

YES_NO = [("yes", "Yes"), ("no", "No")]


class CapacityForm(forms.Form):
    """One yes or no for each question of the document."""

    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = document.stated.capacity.questions
        for question in self.questions:
            self.fields[question.id] = forms.ChoiceField(label=question.ask, choices=YES_NO, widget=forms.RadioSelect)
        self.order_fields([question.id for question in self.questions])

    def answers(self) -> dict[str, bool]:
        """What was answered, by question."""
        return {question.id: self.cleaned_data[question.id] == "yes" for question in self.questions}


class SignatureForm(forms.Form):
    """The sentences to confirm and the name; on paper also who saw it."""

    document_sha256 = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label="Type your full name to sign", max_length=240)

    def __init__(self, *args: Any, document: Document, witnesses: QuerySet[User] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, initial={"document_sha256": document.reference.sha256})
        self.confirmations = document.stated.confirmations
        for one in self.confirmations:
            self.fields[f"confirm_{one.id}"] = forms.BooleanField(label=one.text)
        if witnesses is not None:
            self.fields |= paper_fields(witnesses)
        self.order_fields([f"confirm_{one.id}" for one in self.confirmations])

    def signature(self) -> Signature:
        """The signature as it was handed in."""
        given = self.cleaned_data
        return Signature(
            document_sha256=given["document_sha256"],
            name=given["name"],
            method=given.get("method", Consent.Method.ON_SCREEN),
            confirmed=frozenset(one.id for one in self.confirmations if given[f"confirm_{one.id}"]),
            witness=given.get("witness"),
        )


def paper_fields(witnesses: QuerySet[User]) -> dict[str, forms.Field]:
    """What the staff adds: how it was signed and who saw it."""
    witness_help = "Needed for a signature on paper."
    return {
        "method": forms.ChoiceField(
            label="How it is signed", choices=Consent.Method.choices, initial=Consent.Method.ON_SCREEN
        ),
        "witness": forms.ModelChoiceField(witnesses, label="Witness", required=False, help_text=witness_help),
    }


class WithdrawalForm(forms.Form):
    """Taking consent back; nobody owes a reason."""

    reason = forms.CharField(
        label="Reason, if the patient wants to give one", widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

"""What people answer and sign about consent."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ketacare.clinic.models import Course, User
from ketacare.consent.drawing import BadDrawing, Stroke, is_drawn, strokes_of
from ketacare.consent.models import ConsentTalk, Method
from ketacare.consent.shapes import Document, Text
from ketacare.consent.signature import Signature, plain
from ketacare.consent.talk import Talk

YES_NO = [("yes", "Yes"), ("no", "No")]
WAYS = [(Method.ON_SCREEN, "On this screen"), (Method.ON_PAPER, "On paper")]
LONGEST_DRAWING = 100_000  # characters
LONGEST_NAME, LONGEST_WORD, LONGEST_NOTE = 240, 60, 4000


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


class TalkForm(forms.Form):
    """Who explained, through which interpreter, and what the patient asked."""

    explained_by = forms.ModelChoiceField(User.objects.none(), label="Who explained")
    interpreter = forms.ChoiceField(
        label="Interpreter", choices=ConsentTalk.Interpreter.choices, initial=ConsentTalk.Interpreter.NONE_NEEDED
    )
    interpreter_name = forms.CharField(label="Name of the interpreter", max_length=LONGEST_NAME // 2, required=False)
    interpreter_language = forms.CharField(label="Language", max_length=LONGEST_WORD, required=False)
    questions = forms.CharField(
        label="What the patient asked, and what they were told",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST_NOTE,
        required=False,
        help_text="Leave it empty if nothing was asked.",
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["explained_by"].queryset = people  # type: ignore[attr-defined]

    def talk(self) -> Talk:
        """The talk as it was handed in."""
        return Talk(**self.cleaned_data)


class AnswerForm(forms.Form):
    """One answer to one question about a text."""

    question = forms.CharField(widget=forms.HiddenInput)
    document_sha256 = forms.CharField(widget=forms.HiddenInput)
    choice = forms.CharField(error_messages={"required": _("Choose one answer.")})


class SignatureForm(forms.Form):
    """The sentences to confirm and the name, drawn or typed; from staff also that the patient is there, or who saw it."""

    document_sha256 = forms.CharField(widget=forms.HiddenInput)
    strokes = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_DRAWING)
    name = forms.CharField(label=_("Type your full name to sign"), max_length=LONGEST_NAME, required=False)

    def __init__(self, *args: Any, text: Text, course: Course, witnesses: QuerySet[User] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs, initial={"document_sha256": text.reference.sha256})
        self.confirmations, self.course = text.stated.confirmations, course
        for one in self.confirmations:
            self.fields[f"confirm_{one.id}"] = forms.BooleanField(label=one.text)
        if witnesses is not None:
            self.fields |= staff_fields(witnesses)

    @property
    def ticks(self) -> list[forms.BoundField]:
        """The sentences to confirm."""
        return [self[f"confirm_{one.id}"] for one in self.confirmations]

    @property
    def by_staff(self) -> list[forms.BoundField]:
        """What staff add; nothing in the patient's own log-in."""
        return [self[name] for name in ("is_present", "method", "witness") if name in self.fields]

    def clean_strokes(self) -> tuple[Stroke, ...]:
        """The drawing; something that is none is refused."""
        try:
            return strokes_of(self.cleaned_data["strokes"])
        except BadDrawing as error:
            raise forms.ValidationError(
                _("The drawing could not be read. Draw it again, or type your name.")
            ) from error

    def clean(self) -> None:
        """On screen there is a drawing or the patient's own name."""
        given = self.cleaned_data
        if given.get("method") == Method.ON_PAPER or is_drawn(given.get("strokes", ())):
            return
        if not given.get("name"):
            self.add_error("name", _("Draw your name with a finger or the mouse, or type it here."))
        elif plain(given["name"]) != plain(str(self.course.patient)):
            self.add_error("name", _("This is not your name as the clinic has it. Type it as it stands at the top."))

    def signature(self) -> Signature:
        """The signature as it was handed in."""
        given = self.cleaned_data
        on_paper = given.get("method") == Method.ON_PAPER
        drawn = is_drawn(given["strokes"]) and not on_paper
        return Signature(
            document_sha256=given["document_sha256"],
            name=given["name"],
            method=Method.ON_PAPER if on_paper else Method.DRAWN if drawn else Method.ON_SCREEN,
            strokes=given["strokes"] if drawn else (),
            confirmed=frozenset(one.id for one in self.confirmations if given[f"confirm_{one.id}"]),
            is_present=given.get("is_present", False),
            witness=given.get("witness"),
        )


def staff_fields(witnesses: QuerySet[User]) -> dict[str, forms.Field]:
    """What the staff adds: that the patient is there, how it was signed, and who saw a signature on paper."""
    return {
        "is_present": forms.BooleanField(
            label=_("Staff: the patient is here with me and signs themself."), required=False
        ),
        "method": forms.ChoiceField(label="How it is signed", choices=WAYS, initial=Method.ON_SCREEN),
        "witness": forms.ModelChoiceField(
            witnesses, label="Witness", required=False, help_text="Needed for a signature on paper."
        ),
    }


class WithdrawalForm(forms.Form):
    """Taking consent back; nobody owes a reason."""

    reason = forms.CharField(
        label=_("Reason, if you want to give one"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

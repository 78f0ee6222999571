"""What people type in this room, as plain values; nothing is saved here."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms

from ketacare.clinic.actor import Staff
from ketacare.stewardship.models import Count, Movement
from ketacare.stewardship.queries import Held, LotHeld
from ketacare.stewardship.values import Delivery, LotCount
from ketacare.ui.words import quantity

NEVER_FILL = {"autocomplete": "off"}
NUMBER = {**NEVER_FILL, "inputmode": "decimal"}
DRUGS = [("ketamine", "Ketamine"), ("esketamine", "Esketamine")]
SHOWN_OF_A_LOT = 4  # unopened containers offered of one lot, so that a full vault is no long list
LOTS_AT_ONCE = 4  # rows of the form for a delivery
MOST = 1000  # containers of one lot
LEFT_OF_VAULT = [
    (Movement.Kind.WASTE, "Wasted"),
    (Movement.Kind.BREAKAGE, "Broken or spilled: nothing can be recovered"),
    (Movement.Kind.EXPIRED, "Expired or recalled: sent back or destroyed (the whole container)"),
    (Movement.Kind.LOSS, "Missing: stolen or lost"),
]


def milligrams(label: str, *, required: bool = False, says: str = "") -> forms.DecimalField:
    """An amount in mg, to the register's three digits."""
    widget = forms.TextInput(attrs=NUMBER)
    smallest = Decimal("0.001")
    return forms.DecimalField(
        label=label,
        min_value=smallest,
        max_digits=9,
        decimal_places=3,
        required=required,
        help_text=says,
        widget=widget,
    )


class Once(forms.Form):
    """A form that is done once, however often it is sent."""

    nonce = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nonce"].initial = str(uuid4())


class Witnessed(Once):
    """What a second person gives: their own address, password and code."""

    witness: Staff | None = None
    may_be_alone = True

    alone = forms.BooleanField(
        label="Nobody else is here now: record it, and leave it open until a second person signs", required=False
    )
    witness_email = forms.EmailField(
        label="Second person: e-mail address", required=False, widget=forms.EmailInput(attrs=NEVER_FILL)
    )
    witness_password = forms.CharField(
        label="Second person: own password",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    witness_code = forms.CharField(
        label="Second person: code, if they have an authenticator app",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=NUMBER),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.may_be_alone:
            del self.fields["alone"]
        last = [name for name in ("witness_email", "witness_password", "witness_code", "alone") if name in self.fields]
        self.order_fields([name for name in self.fields if name not in last] + last)

    @property
    def has_second(self) -> bool:
        return bool(self.cleaned_data.get("witness_email"))

    def clean(self) -> dict[str, Any]:
        """Either a second person with a password, or a plain word that nobody is there."""
        cleaned = super().clean() or {}
        if not cleaned.get("alone") and not (cleaned.get("witness_email") and cleaned.get("witness_password")):
            self.add_error("witness_email", "A second person gives their own e-mail address and password.")
        if cleaned.get("alone") and cleaned.get("witness_email"):
            self.add_error("alone", "Either a second person signs, or nobody else is here.")
        return cleaned


def box_words(one: Held) -> str:
    """One container as it is chosen."""
    box, state = one.container, "unopened" if one.is_unopened else "opened"
    strength = quantity(box.mg_per_ml, "mg/mL")
    expires = f"expires {box.expires_on:%-d %b %Y}" if box.expires_on else ""
    there = quantity(one.amount.mg, "mg")
    return f"{box.drug.capitalize()} {strength}, lot {box.lot}, {box.serial}: {there} ({state}, {expires})"


def offered(lots: Iterable[LotHeld]) -> list[Held]:
    """The containers that may be taken: opened ones first, then the next few of each lot."""
    rows = []
    for lot in lots:
        unopened = [one for one in lot.containers if one.is_unopened]
        rows += [one for one in lot.containers if not one.is_unopened] + unopened[:SHOWN_OF_A_LOT]
    return rows


class IssueForm(Once):
    """Which containers go to the chair."""

    containers = forms.TypedMultipleChoiceField(
        label="What leaves the vault", coerce=int, widget=forms.CheckboxSelectMultiple
    )
    mg = milligrams("Only so much, drawn from one container (mg)", says="Leave empty to issue whole containers.")

    def __init__(self, *args: Any, lots: Sequence[LotHeld], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["containers"].choices = [(one.container.pk, box_words(one)) for one in offered(lots)]


class BackForm(Once):
    """What goes back to the vault."""

    container = forms.TypedChoiceField(label="Which container", coerce=int, widget=forms.RadioSelect)
    mg = milligrams("How much (mg)", says="Leave empty for everything that is left.")

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["container"].choices = [(one.container.pk, box_words(one)) for one in held]
        if held:
            self.fields["container"].initial = held[0].container.pk


class WasteForm(Witnessed):
    """What is thrown away, or was broken, before whom."""

    what = forms.ChoiceField(
        label="What happened", widget=forms.RadioSelect, choices=LEFT_OF_VAULT[:2], initial="waste"
    )
    container = forms.TypedChoiceField(label="Which container", coerce=int, widget=forms.RadioSelect)
    mg = milligrams("How much (mg)", says="Leave empty for everything that is left.")
    reason = forms.CharField(label="Why", max_length=500, widget=forms.TextInput(attrs=NEVER_FILL))

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["container"].choices = [(one.container.pk, box_words(one)) for one in held]
        if held:
            self.fields["container"].initial = held[0].container.pk


class VaultOutForm(WasteForm):
    """What leaves the vault for good."""

    def __init__(self, *args: Any, held: Sequence[Held], **kwargs: Any) -> None:
        super().__init__(*args, held=held, **kwargs)
        self.fields["what"].choices = LEFT_OF_VAULT


class ReasonForm(Witnessed):
    """A reason before a second person."""

    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ExplainForm(ReasonForm):
    """What two people found."""

    may_be_alone = False


class DeliveryForm(forms.Form):
    """Containers of one lot."""

    drug = forms.ChoiceField(label="Drug", choices=DRUGS, initial=DRUGS[0][0])  # a row left alone is no row
    mg_per_ml = milligrams("Strength (mg/mL)", required=True)
    content_mg = milligrams("Content of one container (mg)", required=True)
    lot = forms.CharField(label="Lot", max_length=40, widget=forms.TextInput(attrs=NEVER_FILL))
    expires_on = forms.DateField(label="Expires on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    how_many = forms.IntegerField(
        label="How many containers", min_value=1, max_value=MOST, widget=forms.TextInput(attrs=NUMBER)
    )
    serials = forms.CharField(
        label="Serial numbers, one a line",
        required=False,
        help_text="Leave empty to let the register number them.",
        widget=forms.Textarea(attrs={"rows": 2, **NEVER_FILL}),
    )

    def value(self) -> Delivery:
        """What came."""
        told = dict(self.cleaned_data)
        serials = tuple(line.strip() for line in told.pop("serials").splitlines() if line.strip())
        return Delivery(**told, serials=serials)


Deliveries = forms.formset_factory(DeliveryForm, extra=LOTS_AT_ONCE, max_num=LOTS_AT_ONCE, absolute_max=LOTS_AT_ONCE)


def delivered(formset: Any) -> list[Delivery]:
    """The rows of a delivery that were filled in."""
    return [row.value() for row in formset if row.has_changed()]


class CountForm(Witnessed):
    """What two people find of each lot; what the register holds stands nowhere on it."""

    moment = forms.ChoiceField(label="Which count", choices=Count.Moment.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label="Anything in the vault that is not listed above",
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=NEVER_FILL),
    )

    def __init__(self, *args: Any, lots: Sequence[LotHeld], moment: str, **kwargs: Any) -> None:
        self.lots = list(lots)
        super().__init__(*args, **kwargs)
        self.fields["moment"].initial = moment
        for place, lot in enumerate(self.lots):
            named = f"{lot.drug.capitalize()} {quantity(lot.mg_per_ml, 'mg/mL')}, lot {lot.lot}"
            whole = f"{named}: unopened containers of {quantity(lot.content_mg, 'mg')}"
            self.fields[f"unopened_{place}"] = forms.IntegerField(
                label=whole, min_value=0, max_value=MOST, widget=forms.TextInput(attrs=NUMBER)
            )
            self.fields[f"opened_{place}"] = forms.DecimalField(
                label=f"{named}: mL in opened containers",
                min_value=0,
                max_digits=9,
                decimal_places=3,
                initial=Decimal(0),
                widget=forms.TextInput(attrs=NUMBER),
            )
        own = [name for place in range(len(self.lots)) for name in (f"unopened_{place}", f"opened_{place}")]
        self.order_fields(["nonce", "moment", *own, "note"])

    def value(self) -> list[LotCount]:
        """What was found, lot by lot."""
        return [
            LotCount(
                drug=lot.drug,
                mg_per_ml=lot.mg_per_ml,
                content_mg=lot.content_mg,
                lot=lot.lot,
                expires_on=lot.expires_on,
                unopened=self.cleaned_data[f"unopened_{place}"],
                opened_ml=self.cleaned_data[f"opened_{place}"],
            )
            for place, lot in enumerate(self.lots)
        ]


class SpanForm(forms.Form):
    """From when to when."""

    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean(self) -> dict[str, Any]:
        """The first day is not after the last."""
        cleaned = super().clean() or {}
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] > cleaned["until"]:
            self.add_error("until", "The last day comes before the first.")
        return cleaned

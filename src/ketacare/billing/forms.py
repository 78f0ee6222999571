"""What people type on the pages of this room, as plain values."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django import forms

from ketacare.billing.facts import Diagnosis
from ketacare.billing.happened import Happening
from ketacare.billing.models import EstimateGiven, Payment, SiteCode
from ketacare.billing.queries import PriceLine
from ketacare.billing.values import INSURANCE, Done, EstimateInput, Identity, NewCode, NewPrice, Received
from ketacare.clinic.indications import INDICATIONS
from ketacare.science.billing.catalogue import catalogue

COUNT = "count:"  # what the fields of the services begin with
NO_CODE = ("", "No code")


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A day."""
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


def amount_field(label: str, **more: Any) -> forms.DecimalField:
    """An amount in the money of the site."""
    return forms.DecimalField(label=label, min_value=0, max_digits=12, decimal_places=3, **more)


def outside_sessions() -> list[tuple[str, str]]:
    """The services that a person may state."""
    return [
        (name, item.label) for name, item in catalogue().items.items() if item.route is None and name != "further_hour"
    ]


class PriceForm(forms.Form):
    """A price from a day on."""

    item = forms.ChoiceField(label="What for")
    detail = forms.CharField(
        label="Which medicine", max_length=80, required=False, help_text="Only for another medicine."
    )
    amount = amount_field("Price", required=False, help_text="Empty: not offered any more from this day on.")
    effective_on = day_field("From", help_text="Today only where there is no price yet; else tomorrow at the earliest.")
    note = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = [(name, item.label) for name, item in catalogue().items.items()]

    def value(self) -> dict[str, Any]:
        return {"price": NewPrice(**self.cleaned_data)}


class IdentityForm(forms.Form):
    """What the site is called on a bill."""

    legal_name = forms.CharField(label="Legal name", max_length=120)
    address = forms.CharField(label="Address", max_length=240)
    state = forms.CharField(label="State or region", max_length=40, required=False)
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    npi = forms.CharField(
        label="NPI", max_length=10, required=False, help_text="Ten digits; its check digit is tested."
    )
    tin = forms.CharField(label="TIN", max_length=11, required=False, help_text="Nine digits.")
    bundles_esketamine = forms.BooleanField(
        label="Bill esketamine by the code that pays for drug, visit and watching together", required=False
    )

    def value(self) -> dict[str, Any]:
        return {"identity": Identity(**self.cleaned_data)}


class NumberForm(forms.Form):
    """The NPI of somebody who works here."""

    clinician_id = forms.TypedChoiceField(label="Clinician", coerce=int)
    npi = forms.CharField(label="NPI", max_length=10)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clinician_id"].choices = people

    def value(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class CodeForm(forms.Form):
    """A code of the site's own."""

    about = forms.ChoiceField(label="For")
    system = forms.ChoiceField(label="Table", choices=SiteCode.System.choices)
    code = forms.CharField(label="Code", max_length=16)
    says = forms.CharField(
        label="In your own words", max_length=120, help_text="Not the words of CPT: they belong to their publisher."
    )
    valid_from = day_field("From")
    valid_until = day_field("Until", required=False)
    source = forms.CharField(label="Where it was read", max_length=240)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = [(name, item.label) for name, item in catalogue().items.items()]
        self.fields["about"].choices = [("Services", items), ("Diagnoses", list(INDICATIONS.items()))]

    def value(self) -> dict[str, Any]:
        return {"code": NewCode(**self.cleaned_data)}


class ScaleForm(forms.Form):
    """The sliding scale, one bracket a line."""

    brackets = forms.CharField(
        label="Brackets",
        max_length=2000,
        widget=forms.Textarea({"rows": "6"}),
        help_text="One a line: what the household says of itself, a semicolon, by how many per cent prices are lower. No income is kept.",
    )
    effective_on = day_field("From")

    def clean_brackets(self) -> list[tuple[str, Decimal]]:
        """Each line as a name and a reduction."""
        found = []
        for line in filter(str.strip, self.cleaned_data["brackets"].splitlines()):
            name, _, percent = line.rpartition(";")
            try:
                found.append((name.strip(), Decimal(percent.strip().removesuffix("%").strip())))
            except InvalidOperation:
                raise forms.ValidationError(f"Write a number after the semicolon: {line}") from None
        return found

    def value(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class EstimateForm(forms.Form):
    """What an estimate is made from: how many of each service that has a price."""

    first_on = day_field("First service on")
    last_on = day_field("Last service on")
    diagnosis = forms.ChoiceField(label="Diagnosis", required=False)
    insurance = forms.ChoiceField(label="Insurance", choices=list(INSURANCE.items()), widget=forms.RadioSelect)
    not_covered = forms.CharField(label="Why insurance does not pay", max_length=240, required=False)
    bracket = forms.ChoiceField(label="Household, as it says of itself", required=False)
    booked_on = day_field("Booked on", required=False, help_text="Empty: not booked yet.")
    requested_on = day_field("Asked for on", required=False)

    def __init__(
        self,
        *args: Any,
        prices: Sequence[PriceLine],
        counts: Mapping[str, int],
        diagnoses: Sequence[Diagnosis],
        brackets: Sequence[Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for line in prices:
            self.fields[COUNT + line.key] = forms.DecimalField(
                label=line.label,
                min_value=0,
                max_digits=7,
                decimal_places=2,
                required=False,
                initial=counts.get(line.key, 0),
                help_text=f"{line.words} per {line.per}",
            )
        self.fields["diagnosis"].choices = [NO_CODE, *((one.code, f"{one.code} {one.says}") for one in diagnoses)]
        self.fields["bracket"].choices = [
            ("", "No reduction"),
            *((name, f"{name}: {off} % less") for name, off in brackets),
        ]
        self.order_fields([name for name in self.fields if name.startswith(COUNT)])

    def value(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        counts = {name: given.pop(name) for name in list(given) if name.startswith(COUNT)}
        diagnosis = given.pop("diagnosis")
        kept = tuple((name.removeprefix(COUNT), count) for name, count in counts.items() if count)
        return {"told": EstimateInput(counts=kept, **given), "diagnosis": diagnosis}


class GivenForm(forms.Form):
    """The patient was given an estimate."""

    how = forms.ChoiceField(label="How it was given", choices=EstimateGiven.How.choices)
    given_on = day_field("On")


class PlanForm(forms.Form):
    """In how many instalments."""

    count = forms.IntegerField(label="Instalments", min_value=1, max_value=60)
    first_on = day_field("The first on")
    every_months = forms.IntegerField(label="Months between them", min_value=1, max_value=12, initial=1)


class ServiceForm(forms.Form):
    """Something that was done outside a session."""

    item = forms.ChoiceField(label="What was done")
    detail = forms.CharField(label="Which medicine", max_length=80, required=False)
    units = forms.DecimalField(label="How many", min_value=0, max_digits=7, decimal_places=2, initial=1)
    done_on = day_field("On")
    clinician_id = forms.TypedChoiceField(label="By", coerce=int, required=False, empty_value=None)
    code = forms.ChoiceField(label="Code, as the clinician chose", required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].choices = outside_sessions()
        self.fields["clinician_id"].choices = [("", "Nobody named"), *people]
        known = catalogue()
        codes = sorted({code for item in known.items.values() for code in item.may_be})
        self.fields["code"].choices = [NO_CODE, *((code, f"{code} {known.codes[code].says}") for code in codes)]

    def value(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return {"form_key": given.pop("form_key"), "done": Done(**given)}


class SuperbillForm(forms.Form):
    """Which of what happened is billed now."""

    what = forms.MultipleChoiceField(label="What happened", widget=forms.CheckboxSelectMultiple)
    diagnosis = forms.ChoiceField(label="Diagnosis", required=False)

    def __init__(
        self, *args: Any, happened: Sequence[Happening], diagnoses: Sequence[Diagnosis], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"].choices = [(one.what, f"{one.on:%d %b %Y}: {one.label}") for one in happened]
        self.fields["diagnosis"].choices = [NO_CODE, *((one.code, f"{one.code} {one.says}") for one in diagnoses)]


class ReasonForm(forms.Form):
    """Why a superbill does not count any more."""

    reason = forms.CharField(label="Why", max_length=240)


class PaymentForm(forms.Form):
    """Money that came."""

    amount = amount_field("Amount")
    method = forms.ChoiceField(label="How", choices=Payment.Method.choices)
    reference = forms.CharField(
        label="Number of the receipt", max_length=60, required=False, help_text="Never the number of a card."
    )
    received_on = day_field("On")
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def value(self) -> dict[str, Any]:
        return {"received": Received(**self.cleaned_data)}


class RefundForm(forms.Form):
    """Money that goes back."""

    amount = amount_field("Amount")
    reason = forms.CharField(label="Why", max_length=240)
    form_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class PeriodForm(forms.Form):
    """From when to when."""

    since = day_field("From")
    until = day_field("Until")

    def period(self) -> dict[str, date]:
        return dict(self.cleaned_data)

"""What staff type about a request."""

from django import forms

DECISIONS = (("accept", "Done as asked"), ("refuse", "Refuse"))


class DecisionForm(forms.Form):
    """The decision about a request, with a reason that the patient reads."""

    decision = forms.ChoiceField(choices=DECISIONS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="What was done, or why not",
        help_text="The patient reads this.",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

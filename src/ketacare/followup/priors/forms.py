"""What people type about a site's own priors."""

from django import forms


class WhyForm(forms.Form):
    """Why priors do not come into force, or no longer are."""

    reason = forms.CharField(label="Why", max_length=1000, widget=forms.Textarea({"rows": "2"}))

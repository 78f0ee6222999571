"""Amounts on pages."""

from decimal import Decimal

from django import template

from ketacare.billing.queries import label_of
from ketacare.science.billing.money import in_words

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """An amount with every digit of its currency."""
    return in_words(amount, currency)


@register.filter
def item_words(item: str) -> str:
    """An item in words."""
    return label_of(item)

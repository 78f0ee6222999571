"""Priors of forecasts that were fitted to a site's own people: proposed by one, approved by another, taken back by anyone who may approve."""

"""Every example in a docstring of this package runs and answers what it says."""

import doctest
import importlib
import pkgutil

import pytest

from ketacare.science import pkpd

MODULES = [pkpd.__name__, *sorted(one.name for one in pkgutil.walk_packages(pkpd.__path__, "ketacare.science.pkpd."))]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_run(name):
    assert not doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE).failed

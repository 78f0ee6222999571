"""Data files are found, refused when they say a thing twice, and never change unseen."""

import pytest

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem


def test_lock_names_every_data_file_with_its_digest():
    assert reference.LOCK.read_text() == reference.lock_text(), "run: python -m tests.science.write_lock"


def test_every_source_says_whether_its_text_was_read():
    sources = reference.sources()
    assert len(sources) > 60
    assert {source.mark for source in sources.values()} <= {"seen", "recalled", "default", "mixed"}
    assert all(source.ref and source.scope for source in sources.values())
    assert all(source.url is None for source in sources.values() if source.mark == "default")


def test_a_key_given_twice_is_refused_with_its_line():
    with pytest.raises(BadReference) as refused:
        reference.parse_yaml("a: 1\nb:\n  c: 2\n  c: 3\n", place="x.yaml")
    assert refused.value.problems == (Problem(place="x.yaml line 4", says="key 'c' is given twice"),)


@pytest.mark.parametrize("text", ["a: [1", "a: 1\n b: 2", "!!python/object:os.system {}", "? [a, b]\n: 1", "\x00"])
def test_what_is_not_plain_yaml_is_refused_by_name(text):
    with pytest.raises(BadReference, match=r"x\.yaml"):
        reference.parse_yaml(text, place="x.yaml")


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000, "{a: " * 100])
def test_what_is_nested_too_deep_is_refused_before_it_can_crash_the_parser(text):
    with pytest.raises(BadReference, match=r"x\.yaml line 1: nested deeper than 60"):
        reference.parse_yaml(text, place="x.yaml")


def test_an_anchor_merged_into_a_mapping_is_read():
    assert reference.parse_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\n", place="x.yaml")["b"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("name", ["rulebooks/no-such-book.1.yaml", "../errors.py", "/etc/hostname"])
def test_only_data_files_can_be_read(name):
    with pytest.raises(BadReference, match="no such data file"):
        reference.read_yaml(name)


def test_the_newest_version_of_a_file_is_found():
    assert reference.newest("sources") == "sources.1.yaml"
    with pytest.raises(BadReference):
        reference.newest("rulebooks/no-such-book")

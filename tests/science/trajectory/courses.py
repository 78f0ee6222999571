"""Courses for the tests: the worked example of the evidence, and any other."""

from hypothesis import strategies as st

from ketacare.science.trajectory.course import Course, course

SCORES = [(0, 34), (1, 20), (3, 17), (5, 15), (8, 12), (10, 11), (12, 9), (19, 10), (26, 13)]
EXAMPLE = course([0, 2, 4, 7, 9, 11], SCORES)

_days = st.integers(-10, 200).map(lambda tenths: tenths / 2)
_infusions = st.lists(st.tuples(_days, st.sampled_from([1.0, 1.0, 0.5, 0.0])), max_size=8, unique_by=lambda one: one[0])
_scores = st.lists(st.tuples(_days, st.integers(0, 60).map(float)), min_size=1, max_size=15)


def any_course() -> st.SearchStrategy[Course]:
    """Infusions and scores on any days, some together, some twice."""
    return st.builds(course, _infusions, _scores)

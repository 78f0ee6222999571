"""The ways in which the drug is given: the names of the routes that the books know."""

ROUTES: dict[str, str] = {
    "iv_ketamine": "into a vein",
    "im_ketamine": "into a muscle",
    "sc_ketamine": "under the skin",
    "in_esketamine": "nasal spray",
    "in_ketamine_compounded": "compounded nasal spray",
    "po_sl_ketamine": "by mouth or under the tongue",
}


def route_name(route: str) -> str:
    """The name for people; the code itself where this software knows none."""
    return ROUTES.get(route, route)

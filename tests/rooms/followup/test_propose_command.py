"""``ketacare trajectory propose``: a file brought before a site in somebody's name."""

import pytest
import yaml

import ketacare.config.demo as demo
from ketacare.config import cli
from ketacare.followup.models import PriorsProposal
from ketacare.science.trajectory import own
from tests.rooms.followup.fitted import told

FILE = f"{demo.__path__[0]}/priors.yaml"


def propose(cast, *, file=FILE, site="Harbour Clinic", role="prescriber", email=None) -> int:
    email = email or cast.user(role).email
    options = ["--site", site, "--as", email, "--reason", "Our own people"]
    return cli.main(["trajectory", "propose", str(file), *options])


def test_a_file_is_proposed_in_the_name_of_somebody_who_may(cast, capsys):
    assert propose(cast) == 0
    row = PriorsProposal.objects.get()
    assert (row.scale, row.proposed_by_id, row.site_id) == ("phq9", cast.staff["prescriber"], cast.here)
    assert "approves it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"role": "nurse"}, 1, "may not propose priors at Harbour Clinic"),
        ({"site": "Hill Clinic"}, 1, "may not propose priors at Hill Clinic"),
        ({"email": "nobody@x.example"}, 1, "No member of staff logs in as nobody@x.example"),
        ({"site": "Nowhere"}, 2, "there is no 'Nowhere'; there are: Harbour Clinic, Hill Clinic"),
        ({"file": "no-such-file.yaml"}, 2, "No such file"),
    ],
)
def test_what_cannot_be_proposed_is_said_and_nothing_is_kept(cast, capsys, asked, code, says):
    assert propose(cast, **asked) == code
    assert says in capsys.readouterr().err
    assert not PriorsProposal.objects.exists()


def test_what_is_refused_names_every_reason(cast, tmp_path, capsys):
    worse = told().held_out["before"].model_dump()
    path = tmp_path / "own.yaml"
    poor = told(made={"people": 9}, held_out={"after": worse})
    path.write_text(yaml.safe_dump(own.document(poor)), encoding="utf-8")
    assert propose(cast, file=path) == 1
    said = capsys.readouterr().err
    assert "39 people; 40 are needed" in said
    assert "got no better" in said


def test_a_file_of_another_kind_is_refused_with_its_place(cast, tmp_path, capsys):
    path = tmp_path / "own.yaml"
    path.write_text("schema: other\nscale: sofa\n", encoding="utf-8")
    assert propose(cast, file=path) == 2
    assert "own.yaml" in capsys.readouterr().err

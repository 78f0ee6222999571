"""``ketacare simulate``: what it prints, what it refuses and with which words, and that what it saves gives the same again."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys

import pytest

import ketacare
from ketacare.config.cli import main
from ketacare.science.pkpd import models, scenario
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.subject import Subject

RACEMATE = ["--model", "racemate_iv_venous", "--drug", "racemic_ketamine", "--weight-kg", "70"]
INFUSION = [*RACEMATE, "--dose", "35 mg iv 40 min"]
SAID = ("racemate_iv_venous", Regimen.infusion(35, 40, drug="racemic_ketamine"), Subject(70))
LONGEST_S = 120
MANY = 5_000_000  # so many that they are never done before the test stops them


@pytest.fixture
def simulated(capsys):
    """Runs the command; gives its exit code, what it printed and what it complained of."""

    def run(*words):
        code = main(["simulate", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def refused(capsys):
    """Runs the command on bad input; gives its complaint."""

    def run(*words):
        try:
            code = main(["simulate", *words])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        assert "Traceback" not in said.err
        return said.err

    return run


def test_a_reader_sees_peak_area_effects_and_all_that_limits_them(simulated):
    code, said, _ = simulated(*INFUSION)
    assert code == 0
    assert said.startswith("racemate_iv_venous 1: venous plasma; calibration of this project")
    assert re.search(r"Ketamine \(S \+ R\) +160 +40 +328 +398", said)
    assert re.search(r"Norketamine .* 71\.1 +91", said)
    assert re.search(r"effect site +141 +45", said)
    assert "drug high" in said
    assert "not a published model" in said
    assert "Otto et al 2021" in said
    assert said.endswith("It does not decide a dose, a discharge or safety.\n")


def test_no_dissociation_score_is_predicted(simulated):
    _, said, _ = simulated(*INFUSION)
    assert "There is no predicted CADSS" in said


@pytest.mark.parametrize(
    ("words", "model"),
    [
        (["--drug", "racemic_ketamine", "--dose", "0.5 mg/kg iv 40 min"], "racemate_iv_venous"),
        (["--drug", "racemic_ketamine", "--site", "arterial", "--dose", "10 mg iv push"], "kamp2020_iv"),
        (["--drug", "esketamine", "--dose", "28 mg intranasal"], "perezruixo2021_esketamine"),
        (["--drug", "esketamine", "--dose", "20 mg oral"], "ashraf2018_s_ketamine"),
        (["--drug", "esketamine", "--dose", "50 mg film"], "simons2022_s_ketamine"),
        (["--drug", "racemic_ketamine", "--dose", "50 mg im"], "racemate_im_venous"),
    ],
)
def test_without_a_model_the_recommended_one_is_taken_and_said(simulated, words, model):
    code, said, _ = simulated("--weight-kg", "70", *words)
    assert code == 0
    assert said.startswith(f"{model} ")
    assert "model chosen: recommended for" in said


def test_an_intramuscular_dose_says_what_was_only_remembered(simulated):
    _, said, _ = simulated("--weight-kg", "70", "--drug", "racemic_ketamine", "--dose", "50 mg im")
    assert "0.41" in said
    assert "0.93" in said


def test_a_racemate_by_nose_needs_a_bioavailability_of_ones_own(simulated, refused):
    words = ["--weight-kg", "70", "--drug", "racemic_ketamine", "--dose", "30 mg intranasal"]
    assert "give the bioavailability you assume" in refused(*words)
    code, said, _ = simulated(*words, "--bioavailability", "0.13", "--absorption-half-life", "4 min")
    assert code == 0
    assert said.startswith("kamp2020_iv 1: arterial plasma; calibration")
    assert "bioavailability 0.13, absorption half-life 4 min" in said


def test_csv_is_strict_has_its_units_in_the_head_and_every_digit(simulated):
    code, said, warned = simulated(*INFUSION, "--until", "2h", "--step", "30 min", "--csv")
    rows = list(csv.reader(io.StringIO(said)))
    assert code == 0
    assert rows[0][0] == "t_min"
    assert all(name.endswith("_ng_per_ml") for name in rows[0][1:])
    assert [float(row[0]) for row in rows[1:]] == [0, 30, 60, 90, 120]
    exact = scenario.run(scenario.of(*SAID, scenario.grid(120, 30)))
    assert [float(row[1]) for row in rows[1:]] == exact.concentration_ng_per_ml["ketamine_total"].tolist()
    assert "does not decide" in warned


def test_json_has_everything_that_the_figures_rest_on(simulated):
    code, said, _ = simulated(*INFUSION, "--json", "--with", "rifampicin")
    found = json.loads(said)
    assert code == 0
    assert found["ketacare"] == ketacare.__version__
    assert found["reference"]["sha256"] == models.load("racemate_iv_venous").reference.sha256
    assert (found["site"], found["status"], found["parent"]) == ("venous", "calibration", "ketamine_total")
    assert len(found["t_min"]) == len(found["concentration_ng_per_ml"]["ketamine_total"]) == 481
    assert found["noncompartmental"]["ketamine_total"]["tmax_min"] == 40
    assert {one["name"] for one in found["effects"]} >= {"drug_high", "blood_pressure"}
    assert any("rifampicin" in one["says"] for one in found["flags"])
    assert found["scenario"]["interactions"] == ["rifampicin"]


def test_a_population_is_the_same_for_the_same_seed_and_another_for_another(simulated):
    words = [*INFUSION, "--population", "300", "--csv", "--step", "20 min", "--quantiles", "0.1,0.9"]
    one, again, other = (simulated(*words, "--seed", seed)[1] for seed in ("1", "1", "2"))
    assert one == again != other
    head = one.splitlines()[0].split(",")
    assert head[:4] == [
        "t_min",
        "ketamine_total_mean_ng_per_ml",
        "ketamine_total_q0.1_ng_per_ml",
        "ketamine_total_q0.9_ng_per_ml",
    ]


def test_a_population_is_told_with_its_size_its_seed_and_what_a_quantile_is(simulated):
    code, said, complained = simulated(*INFUSION, "--population", "300")
    assert (code, complained) == (0, "")  # no bar where nobody watches
    assert "300 subjects, seed 1" in said
    assert "not of any one subject's curve" in said
    assert json.loads(simulated(*INFUSION, "--population", "300", "--json")[1])["n"] == 300


@pytest.mark.parametrize("more", [[], ["--population", "200", "--seed", "9"], ["--with", "clarithromycin"]])
def test_a_saved_scenario_gives_the_very_same_output_again(simulated, tmp_path, more):
    saved = str(tmp_path / "scenario.yaml")
    first = simulated(*INFUSION, *more, "--save-scenario", saved, "--csv")
    assert simulated("--scenario", saved, "--csv") == first
    assert first[0] == 0


def test_a_scenario_that_says_it_all_takes_nothing_beside_it(simulated, refused, tmp_path):
    saved = str(tmp_path / "scenario.yaml")
    simulated(*INFUSION, "--save-scenario", saved)
    complaint = refused("--scenario", saved, "--weight-kg", "80", "--with", "rifampicin")
    assert "--weight-kg: is said by the scenario" in complaint
    assert "--with: is said by the scenario" in complaint


def test_a_scenario_of_a_model_that_has_changed_is_refused(simulated, refused, tmp_path):
    saved = tmp_path / "scenario.yaml"
    simulated(*INFUSION, "--save-scenario", str(saved))
    digest = models.load("racemate_iv_venous").reference.sha256
    saved.write_text(saved.read_text("utf-8").replace(digest, "f" * 64), encoding="utf-8")
    assert "--model: is not the file that the scenario was written with" in refused("--scenario", str(saved))


def test_a_model_of_ones_own_is_read_with_the_checks_of_a_shipped_one(simulated, refused, tmp_path):
    shipped = (models.reference.DATA / "models/kamp2020_iv.1.yaml").read_text("utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(shipped.replace("id: kamp2020_iv", "id: own_iv"), encoding="utf-8")
    words = ["--model", str(own), "--weight-kg", "70", "--dose", "10 mg iv push"]
    saved = str(tmp_path / "scenario.yaml")
    code, said, _ = simulated(*words, "--save-scenario", saved)
    assert code == 0
    assert said.startswith("own_iv 1: arterial plasma")
    assert simulated("--scenario", saved, "--model", str(own))[1] == said
    own.write_text(shipped.replace("between: [central", "betwixt: [central"), encoding="utf-8")
    assert f"{own}: flows" in refused(*words)


def test_the_output_can_go_to_a_file(simulated, tmp_path):
    file = tmp_path / "curves.csv"
    code, said, _ = simulated(*INFUSION, "--csv", "--out", str(file))
    assert (code, said) == (0, "")
    assert file.read_text("utf-8").startswith("t_min,")
    code, _, complaint = simulated(*INFUSION, "--out", str(tmp_path / "no" / "such" / "folder.txt"))
    assert code == 2
    assert "No such file" in complaint


@pytest.mark.parametrize("more", [[], ["--population", "100"]])
def test_a_drawing_says_what_it_is(simulated, tmp_path, more):
    file = tmp_path / "curve.svg"
    code, said, warned = simulated(*INFUSION, *more, "--step", "10 min", "--svg", str(file))
    assert (code, said) == (0, "")
    drawn = file.read_text("utf-8")
    assert drawn.startswith("<svg")
    assert "does not decide a dose, a discharge or safety" in drawn
    assert "racemate_iv_venous" in drawn
    assert "not a published model" in warned


DOSE = ["--dose", "35 mg iv 40 min"]
MODEL = ["--model", "racemate_iv_venous"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([*MODEL, *DOSE, "--weight-kg", "-70"], "--weight-kg: -70.0 is not a weight above 0 kg"),
        ([*MODEL, *DOSE, "--weight-kg", "0"], "--weight-kg: 0.0 is not a weight above 0 kg"),
        ([*MODEL, *DOSE, "--weight-kg", "nan"], "--weight-kg: nan is not a weight above 0 kg"),
        ([*MODEL, *DOSE, "--weight-kg", "heavy"], "--weight-kg: invalid float value"),
        ([*MODEL, *DOSE], "--weight-kg: is missing"),
        ([*RACEMATE], "--dose: is missing"),
        ([*INFUSION, "--age", "-3"], "--age: -3.0 is not an age"),
        ([*INFUSION, "--until", "8"], "--until: '8' has no unit"),
        ([*INFUSION, "--until", "nan h"], "--until: 'nan h' is not a time"),
        ([*INFUSION, "--until", "-8h"], "expected one argument"),
        ([*INFUSION, "--until=-8h"], "--until: '-8 h' is not a time of 0 or more"),
        ([*INFUSION, "--until", "0 h"], "--until: must be more than 0"),
        ([*INFUSION, "--step", "nan min"], "--step: 'nan min' is not a time"),
        ([*INFUSION, "--step", "9 h"], "--step: 540 min is longer than the whole 480 min"),
        ([*INFUSION, "--step", "1e-6 s"], "moments"),
        ([*INFUSION, "--until", "9999 d", "--step", "1 d"], "--until: a time lies more than"),
        ([*RACEMATE, "--dose", "35 mg iv 40"], 'dose "35 mg iv 40": \'40\' has no unit'),
        ([*RACEMATE, "--dose", "35 mg iv 40 h"], '--dose "35 mg iv 40 h": ends at 2400 min, after the last moment'),
        ([*RACEMATE, "--dose", "35 mg iv 40 s"], '--dose "35 mg iv 40 s": duration_min: 35 mg in 0.666667 min is an injection'),
        ([*RACEMATE, "--dose", "-35 mg iv 40 min"], "-35 mg is not an amount above 0"),
        ([*RACEMATE, "--dose", "10 mg iv push"], "hides the early peak"),
        ([*RACEMATE, "--dose", "28 mg intranasal"], '--dose "28 mg intranasal": route: '),
        ([*RACEMATE, "--dose", "5 mg iv 20 min at 1 h", "--dose", "5 mg iv 20 min"], '--dose "5 mg iv 20 min": start_min: begins before'),
        (["--weight-kg", "70", "--drug", "esketamine", "--dose", "28 mg nasal", "--dose", "28 mg nasal"], '--dose "28 mg nasal": start_min: '),
        (["--weight-kg", "70", "--drug", "esketamine", "--dose", "30 mg nasal"], "is not a number of devices"),
        (["--weight-kg", "70", *DOSE], "--drug: say which ketamine"),
        (["--weight-kg", "70", *DOSE, "--drug", "racemic_ketamine", "--model", "simons2022_s_ketamine"], "--drug: racemic_ketamine in simons2022"),
        (["--weight-kg", "70", *DOSE, "--drug", "ketamine"], "invalid choice"),
        (["--weight-kg", "70", *DOSE, "--model", "kamp"], "--model: 'kamp' is none of"),
        ([*INFUSION, "--site", "arterial"], "--site: chooses a default"),
        (["--weight-kg", "70", "--model", "henthorn2018_recirculatory", *DOSE], "--model: "),
        ([*INFUSION, "--population", "1000000000"], "--population: "),
        ([*INFUSION, "--population", "0"], "--population: "),
        ([*INFUSION, "--population", "1e9"], "--population: invalid int value"),
        ([*INFUSION, "--population", "10", "--seed", "-1"], "--seed: "),
        ([*INFUSION, "--seed", "1"], "--seed: is of a --population"),
        ([*INFUSION, "--population", "10", "--quantiles", "0.5,95"], "--quantiles: "),
        ([*INFUSION, "--population", "10", "--quantiles", "0.5,0.5"], "--quantiles: "),
        ([*INFUSION, "--population", "10", "--quantiles", "half"], "--quantiles: 'half' is not numbers"),
        ([*INFUSION, "--bioavailability", "0.5"], "--absorption-half-life: is missing"),
        ([*INFUSION, "--bioavailability", "1.5", "--absorption-half-life", "4 min"], "--bioavailability: "),
        (["--scenario", "no-such-file.yaml"], "no-such-file.yaml: No such file"),
        ([*INFUSION, "--step", "60 min", "--svg", "curve.txt"], "--svg: curve.txt does not end in .svg"),
        ([*INFUSION, "--json", "--csv"], "not allowed with argument"),
    ],
    ids=lambda one: " ".join(one[-2:]) if isinstance(one, list) else "",
)  # fmt: skip
def test_bad_input_is_refused_with_the_option_named(refused, words, says):
    assert says in refused(*words)


def test_every_problem_is_told_at_once(refused):
    words = [
        "--weight-kg",
        "-70",
        "--dose",
        "35 mg iv 40",
        "--dose",
        "5 mg rectal",
        "--until",
        "8",
        "--population",
        "-1",
    ]
    complaint = refused(*MODEL, *words)
    for option in ("--weight-kg", 'dose "35 mg iv 40"', 'dose "5 mg rectal"', "--until", "--population"):
        assert f"\n{option}" in f"\n{complaint}"


def test_a_model_that_is_no_text_is_refused(refused, tmp_path):
    file = tmp_path / "model.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert f"{file}: is not UTF-8 text" in refused("--model", str(file), "--weight-kg", "70", *DOSE)


def test_a_dose_at_the_last_moment_has_no_curve_yet(simulated):
    code, said, _ = simulated("--weight-kg", "70", "--drug", "esketamine", "--dose", "20 mg oral at 8 h")
    assert code == 0
    assert re.search(r"S-ketamine +none\n", said)


def test_large_figures_are_told_in_full(simulated):
    _, said, _ = simulated("--model", "kamp2020_iv", "--weight-kg", "70", "--dose", "140 mg iv push")
    assert "5,600" in said


@pytest.mark.parametrize("bytes_", [b"\xff\xfe\x00", b"a: [1", b"- " * 9999])
def test_a_scenario_that_is_no_text_is_refused(refused, tmp_path, bytes_):
    file = tmp_path / "scenario.yaml"
    file.write_bytes(bytes_)
    assert str(file) in refused("--scenario", str(file))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--weight-kg", "30", "--drug", "esketamine", "--model", "simons2022_s_ketamine", "--dose", "50 mg film"], "30 kg outside 53-93 kg"),
        (["--weight-kg", "70", "--age", "91", "--drug", "esketamine", "--dose", "28 mg nasal"], "91 years outside 18-86 years"),
        (["--weight-kg", "70", "--model", "racemate_iv_venous", *DOSE], "does not say which ketamine"),
        ([*INFUSION, "--salt", "hydrochloride"], "mg of hydrochloride were taken as mg of base"),
        ([*INFUSION, "--with", "fluconazole"], "fluconazole"),
        ([*INFUSION, "--with", "no such thing"], "no such thing"),
    ],
    ids=lambda one: " ".join(one[-2:]) if isinstance(one, list) else "",
)  # fmt: skip
def test_outside_what_a_model_knows_it_answers_with_a_flag_and_not_in_silence(simulated, words, says):
    code, said, _ = simulated(*words)
    assert code == 0
    assert says in said


def until_some_are_done(terminal: int) -> str:
    """What the bar on the terminal said until it counted somebody."""
    seen = ""
    while not re.search(rf"[1-9]\d*/{MANY}", seen):
        assert select.select([terminal], [], [], LONGEST_S)[0], seen
        seen += os.read(terminal, 4096).decode()
    return seen


def test_ctrl_c_stops_cleanly_and_prints_what_was_done():
    ours, theirs = pty.openpty()  # a terminal: only there a bar is shown
    command = [sys.executable, "-m", "ketacare", "simulate", *INFUSION, "--step", "20 min", "--population", str(MANY)]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment)
    try:
        until_some_are_done(ours)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=LONGEST_S)
    finally:
        process.kill()
        os.close(theirs)
        os.close(ours)
    assert process.returncode == 130
    done = re.search(rf"stopped after (\d+) of {MANY} subjects", said)
    assert done
    assert f"{int(done[1]):,} subjects, seed 1" in said
    assert said.endswith("It does not decide a dose, a discharge or safety.\n")


def test_ctrl_c_before_anything_was_done_says_so(simulated, monkeypatch):
    def pressed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ketacare.science.pkpd.scenario.run", pressed)
    assert simulated(*INFUSION) == (130, "", "ketacare simulate: stopped before anything was done\n")

"""The pharmacology needs the base installation alone: no database, no pandas, no altair, no numba."""

import os
import subprocess
import sys

# Everything of the extras that the base installation does not bring.
EXTRAS = [
    "django",
    "allauth",
    "axes",
    "psycopg",
    "pandas",
    "pyarrow",
    "altair",
    "vl_convert",
    "numba",
    "dask",
    "distributed",
]
WITHOUT = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
COMMAND = [
    "simulate",
    "--model",
    "racemate_iv_venous",
    "--weight-kg",
    "70",
    "--dose",
    "35 mg iv 40 min",
    "--step",
    "10 min",
]


def run(code):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO", "KETACARE"))}
    return subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, env=environment)


def called(*words):
    return run(f"from ketacare.config.cli import main\nsys.exit(main({list(words)!r}))")


def test_the_package_is_imported_and_loads_none_of_the_extras():
    code = "import ketacare.science.pkpd, ketacare.science.pkpd.scenario, ketacare.science.pkpd.population\n"
    found = run(code + f"print(sorted(set({EXTRAS!r}) & sys.modules.keys()))")
    assert (found.returncode, found.stdout, found.stderr) == (0, "[]\n", "")


def test_what_it_loads_stays_small():
    heavy = ["scipy.stats", "scipy.integrate", "scipy.interpolate", "matplotlib", "IPython"]
    found = run(
        f"import ketacare.config.pharmacology.simulating\nprint([one for one in {heavy!r} if one in sys.modules])"
    )
    assert found.stdout == "[]\n"


def test_help_loads_no_numbers_at_all():
    for command in ("simulate", "pkpd"):
        found = run(
            f"from ketacare.config.cli import main\ntry: main(['{command}', '--help'])\n"
            "except SystemExit: print('loaded', [one for one in ('numpy', 'scipy', 'pydantic') if one in sys.modules])"
        )
        assert found.stdout.endswith("loaded []\n"), found.stderr


def test_simulate_runs():
    found = called(*COMMAND)
    assert (found.returncode, found.stderr) == (0, "")
    assert "Ketamine (S + R)" in found.stdout


def test_a_population_runs():
    found = called(*COMMAND, "--population", "200", "--csv")
    assert found.returncode == 0
    assert found.stdout.startswith("t_min,ketamine_total_mean_ng_per_ml")


def test_a_drawing_says_which_package_it_needs():
    found = called(*COMMAND, "--svg", "curve.svg")
    assert found.returncode == 1
    assert "pip install 'ketacare[research]'" in found.stderr
    assert "Traceback" not in found.stderr


def test_models_are_listed():
    assert called("pkpd", "models").returncode == 0

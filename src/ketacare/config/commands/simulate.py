"""``ketacare simulate``: the curve of one person or of a virtual population, with everything a reader must know. Needs no database."""

import argparse
import importlib
from pathlib import Path

DRUGS = ("racemic_ketamine", "esketamine")
HELP = """
DOSE is an amount in mg or mg/kg, a route, for iv a duration or the word push, and when:
  "35 mg iv 40 min"  "0.5 mg/kg iv 40 min at 2 h"  "10 mg iv push"  "28 mg intranasal at 5 min"  "50 mg film"  "20 mg oral"
mg of free base, unless --salt says otherwise. A time is never without its unit: s, min, h or d.

examples:
  ketacare simulate --drug racemic_ketamine --weight-kg 70 --dose "0.5 mg/kg iv 40 min"
  ketacare simulate --model kamp2020_iv --weight-kg 70 --dose "10 mg iv push" --until 2h --step "10 s" --csv
  ketacare simulate --drug esketamine --weight-kg 70 --dose "28 mg intranasal" --dose "28 mg intranasal at 5 min" --population 1000 --seed 1

Exit code 0: done. 1: what was asked for cannot be had (a package is not installed). 2: bad input, every problem with its place.
130: stopped by Ctrl-C; what was done is printed. It does not decide a dose, a discharge or safety.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    _what(parser.add_argument_group("what is simulated"))
    _who(parser.add_argument_group("whom it is given to"))
    _when(parser.add_argument_group("when, and how many"))
    _how(parser.add_argument_group("how it is told"))


def _what(add: argparse._ArgumentGroup) -> None:
    add.add_argument("--dose", action="append", metavar="DOSE", help="what is given; once for each dose, in order")
    add.add_argument(
        "--model",
        metavar="M",
        help="a model of `ketacare pkpd models`, or a file of your own (default: the recommended one)",
    )
    add.add_argument("--site", choices=("arterial", "venous"), help="whose default is recommended (without --model)")
    add.add_argument("--drug", choices=DRUGS, help="which ketamine is given")
    add.add_argument("--salt", choices=("base", "hydrochloride"), help="what the mg are mg of (default: base)")
    add.add_argument(
        "--with", action="append", dest="others", metavar="MEDICINE", help="another medicine, once for each"
    )
    add.add_argument(
        "--bioavailability", type=float, metavar="F", help="your own, 0 to 1, for a route that the model does not have"
    )
    add.add_argument("--absorption-half-life", metavar="TIME", help="how fast it is absorbed, with --bioavailability")
    add.add_argument("--scenario", type=Path, metavar="FILE", help="run a saved simulation again, bit for bit")


def _who(add: argparse._ArgumentGroup) -> None:
    add.add_argument("--weight-kg", type=float, metavar="KG", help="body weight")
    add.add_argument("--age", type=float, metavar="YEARS", help="age, where the model looks at it")
    add.add_argument("--sex", choices=("female", "male"), help="sex at birth; no default model looks at it")
    add.add_argument("--race", choices=("asian", "japanese", "other"), help="where the model looks at it")


def _when(add: argparse._ArgumentGroup) -> None:
    add.add_argument("--until", metavar="TIME", help="the last moment (default: 8h)")
    add.add_argument("--step", metavar="TIME", help="from one moment to the next (default: 1min)")
    add.add_argument("--population", type=int, metavar="N", help="so many virtual subjects around this one")
    add.add_argument(
        "--seed", type=int, metavar="N", help="of the population (default: 1); the same seed, the same figures"
    )
    add.add_argument("--quantiles", metavar="Q,Q", help="of the population's bands, 0 to 1 (default: 0.05,0.5,0.95)")


def _how(add: argparse._ArgumentGroup) -> None:
    form = add.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="everything as JSON: curves, effects, flags, digests")
    form.add_argument("--csv", action="store_true", help="the curves as CSV, a moment a line, units in the head")
    form.add_argument("--svg", type=Path, metavar="FILE", help="draw the curves into a file (needs ketacare[research])")
    add.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the screen")
    add.add_argument("--save-scenario", type=Path, metavar="FILE", help="write down what reproduces this, as YAML")


def run(args: argparse.Namespace) -> int:
    """Run the command and return its exit code; the numerical libraries are only loaded now."""
    return int(importlib.import_module("ketacare.config.pharmacology.simulating").run(args))

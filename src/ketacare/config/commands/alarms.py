"""ketacare alarms: what a recording would have raised, how much of a burden that is, and how well it fits what somebody marked."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from ketacare.config.live.frames import Frame, frames_of
from ketacare.interop import recordings
from ketacare.science.errors import ScienceError
from ketacare.science.facts.rehearsal import Rehearsal, rehearse
from ketacare.science.monitoring.annotated import Annotations, Score, parse_annotations, score
from ketacare.science.monitoring.burden import Burden, burden

DONE, BAD_INPUT = 0, 2
TICK_S = 15  # how often the clock is turned between two rows: a session's own clock is turned every second
WAYS = {"in time": True, "at once": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Each recording runs through the machine of a session twice: in time (with delays, returns, contradictions and trends) and at once (every finding "
        "an alarm). With --annotations: sensitivity, false alarms an hour, and artefacts that raised nothing. It judges no patient."
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="monitor CSV, WFDB or PhysioNet-2012")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="what somebody marked on the one recording")
    parser.add_argument("--route", default="iv_ketamine", metavar="NAME", help="whose schedule asks (iv_ketamine)")
    parser.add_argument("--source", choices=("device", "person"), default="device", help="sent by a monitor or typed")
    parser.add_argument("--tick", type=int, default=TICK_S, metavar="S", help=f"turn the clock every S s ({TICK_S})")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    if options.tick < 1 or (options.annotations and len(options.files) != 1):
        print("ketacare: --tick is 1 or more, and annotations belong to one recording.", file=sys.stderr)
        return BAD_INPUT
    try:
        given = options.annotations
        marked = parse_annotations(given.read_text(encoding="utf-8"), place=str(given)) if given else None
        told = {str(file): judged(file, marked, options) for file in options.files}
    except (OSError, UnicodeDecodeError) as error:
        print(f"ketacare: {error}", file=sys.stderr)
        return BAD_INPUT
    except ScienceError as error:
        print("\n".join(map(str, error.problems)), file=sys.stderr)
        return BAD_INPUT
    print(json.dumps(as_json(told)) if options.json else in_words(told))
    return DONE


Judged = dict[str, tuple[Burden, Score | None]]


def judged(file: Path, marked: Annotations | None, options: argparse.Namespace) -> Judged:
    """What a recording raises in each of the two ways."""
    frames = frames_of(recordings.read(file)).frames
    rows = [(one.after, values_of(one, marked)) for one in frames]
    found: Judged = {}
    for way, in_time in WAYS.items():
        tick = timedelta(seconds=options.tick)
        made = rehearse(rows, route=options.route, tick=tick, source=options.source, in_time=in_time)
        found[way] = burden(made.log.all, made.hours), scored(made, marked)
    return found


def values_of(frame: Frame, marked: Annotations | None) -> dict[str, float]:
    return marked.overlaid(frame.after, frame.values) if marked else frame.values


def scored(made: Rehearsal, marked: Annotations | None) -> Score | None:
    if marked is None:
        return None
    return score(made.log.all, marked, began_at=made.began_at, ended_at=made.ended_at, hours=made.hours)


def in_words(told: dict[str, Judged]) -> str:
    return "\n".join(line for file, ways in told.items() for line in (file, *lines_of(ways)))


def lines_of(ways: Judged) -> list[str]:
    lines = []
    for way, (cost, found) in ways.items():
        levels = ", ".join(f"{count} {level}" for level, count in cost.by_level.items()) or "none"
        lines.append(f"  {way}: {cost.alarms} alarms in {cost.hours:.2f} h ({rate(cost.per_hour)} an hour): {levels};")
        lines.append(f"    {cost.no_data} of them about missing data")
        if found is not None:
            lines.append(
                f"    found {found.found} of {found.events} events; {found.false} of {found.alarms} alarms about the patient false "
                f"({rate(found.false_per_hour)} an hour); {found.sounded} of {found.artefacts} artefacts raised one"
            )
    return lines


def rate(value: float | None) -> str:
    return "no time" if value is None else f"{value:.2f}"


def as_json(told: dict[str, Judged]) -> dict[str, object]:
    return {
        file: {
            way: {"burden": asdict(cost), "score": asdict(found) if found else None}
            for way, (cost, found) in ways.items()
        }
        for file, ways in told.items()
    }

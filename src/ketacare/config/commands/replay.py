"""ketacare replay: a bedside recording through the door for readings, as a device at the bedside would send it."""

import argparse
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.permissions import require
from ketacare.config.live.frames import Frame, Frames, frames_of
from ketacare.config.live.playing import Report, backfill, play
from ketacare.config.live.sending import Direct, OverHttp, Send
from ketacare.config.operator import operator
from ketacare.infusion.models import Session
from ketacare.interop import recordings
from ketacare.science.errors import Problem, ScienceError

DONE, REFUSED, BAD_INPUT = 0, 1, 2
TOKEN = "KETACARE_DEVICE_TOKEN"  # noqa: S105  (where the token is, not the token)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Without --server the rows go straight into this clinic's database, with the permissions of --as EMAIL. With it "
        f"they are posted to a running server with the token of a bedside device from {TOKEN}; a server that falls over "
        "meanwhile gets what it has not acknowledged again. Without --server, what an earlier call brought in is skipped."
    )
    parser.add_argument("--session", type=int, required=True, metavar="ID", help="a session that is under way")
    parser.add_argument(
        "--vitals", type=Path, required=True, metavar="FILE", help="monitor CSV, WFDB or PhysioNet-2012"
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=positive, default=1, metavar="N", help="N times as fast as recorded (1)")
    pace.add_argument("--backfill", action="store_true", help="post it at once, as late entries at its own times")
    parser.add_argument("--start", type=moment, metavar="TIME", help="when the recording began (start of the drug)")
    parser.add_argument("--as", dest="email", metavar="EMAIL", help="act with this person's permissions")
    parser.add_argument("--server", metavar="URL", help="post to a running server")
    parser.add_argument("--json", action="store_true", help="print what became of the rows as JSON")


def run(options: argparse.Namespace) -> int:
    try:
        frames = frames_of(recordings.read(options.vitals))
        report = sent(options, frames)
    except ActionRefused as refusal:
        print("\n".join(f"ketacare: refused: {reason.text}" for reason in refusal.reasons), file=sys.stderr)
        return REFUSED
    except NotAllowed:
        print("ketacare: refused: no such session, or not yours to write to (--as EMAIL).", file=sys.stderr)
        return REFUSED
    except ScienceError as error:
        return complain(error.problems, as_json=options.json)
    print(json.dumps(as_json(report, frames)) if options.json else in_words(report, frames))
    return REFUSED if report.refused else DONE


def sent(options: argparse.Namespace, frames: Frames) -> Report:
    """Send what is not in the session yet, and say what became of it."""
    send, session = way_in(options, frames)
    began_at = options.start or (session.started_at if session else None) or timezone.now()
    refuse_future(options, frames, began_at)
    missing = not_stored(session, frames, began_at) if session else frames.frames
    known = Report()
    known.counts["duplicate"] = len(frames.frames) - len(missing)

    def told(report: Report) -> None:
        if sys.stderr.isatty():
            print(f"\r{sum(report.counts.values())} of {len(missing)} rows", end="", file=sys.stderr)

    if options.backfill:
        report = backfill(missing, began_at=began_at, send=send, told=told)
    else:
        report = play(missing, began_at=began_at, speed=options.speed, send=send, told=told)
    report.counts.update(known.counts)
    return report


def way_in(options: argparse.Namespace, frames: Frames) -> tuple[Send, Session | None]:
    """Over HTTP to a server, or straight to the action."""
    if options.server:
        token = os.environ.get(TOKEN, "")
        return OverHttp(url=options.server, token=token, session_id=options.session), None
    by = operator(options.email)
    session = Session.objects.select_related("course", "patient", "site").filter(pk=options.session).first()
    if session is None:
        raise NotAllowed("infusion.record", f"infusion.session:{options.session}")
    require(by, "infusion.record", session)
    return Direct(session_id=session.pk, device=frames.device, by=by), session


def not_stored(session: Session, frames: Frames, began_at: datetime) -> tuple[Frame, ...]:
    """The rows that an earlier, broken-off call has not brought in."""
    theirs = session.events.filter(kind="reading", payload__device=frames.device)
    times = {datetime.fromisoformat(one) for one in theirs.values_list("payload__device_time", flat=True)}
    return tuple(frame for frame in frames.frames if began_at + frame.after not in times)


def refuse_future(options: argparse.Namespace, frames: Frames, began_at: datetime) -> None:
    if options.backfill and began_at + frames.frames[-1].after > timezone.now():
        raise ActionRefused(
            "in-the-future", ["As late entries the recording would end in the future: say when it began with --start."]
        )


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return number


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("needs a zone, such as 2026-03-02T09:00+01:00")
    return at


def as_json(report: Report, frames: Frames) -> dict[str, object]:
    counts = {name: report.counts[name] for name in ("stored", "duplicate", "refused")}
    return counts | {"problems": report.refused, "not_sent": frames.not_sent}


def in_words(report: Report, frames: Frames) -> str:
    counts = report.counts
    lines = [f"{counts['stored']} rows stored, {counts['duplicate']} known already, {counts['refused']} refused."]
    lines += [f"  {one['key']}: {problem['says']}" for one in report.refused for problem in one["problems"]]
    lines += [f"  {count} values of {name}: a session does not chart them" for name, count in frames.not_sent.items()]
    return "\n".join(lines)


def complain(problems: tuple[Problem, ...], *, as_json: bool) -> int:
    """Print every problem of the recording; nothing of it was sent."""
    if as_json:
        print(json.dumps({"problems": [{"place": one.place, "says": one.says} for one in problems]}))
    for one in problems:
        print(one, file=sys.stderr)
    print("Nothing was sent.", file=sys.stderr)
    return BAD_INPUT

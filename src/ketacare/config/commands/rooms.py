"""ketacare rooms: simulated rooms that send what their monitors show to a running server, and the figures of the run."""

import argparse
import importlib
import json
import os
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ketacare.config.commands.gateway import address
from ketacare.config.live.posting import Door
from ketacare.config.rooms.driving import Room, Run
from ketacare.config.rooms.figures import Figures
from ketacare.config.rooms.pressure import diastolic_share, mean_rise
from ketacare.config.rooms.ways import OverHttp, OverMllp, Way
from ketacare.science.monitoring.simulated import patient

DONE, REFUSED, BAD_INPUT = 0, 1, 2
BEGINS_AT_S = 120  # of the infusion: prepared sessions have run for two minutes
PATIENCE_S = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "First, once, with --prepare and KETACARE_DATABASE_URL naming a migrated database that holds nobody real. Then serve "
        "that database, and drive the rooms with --server or --hl7. Ctrl-C ends the run with its figures. A row is "
        "'unanswered' while nobody has said what became of it; one without an answer is sent again."
    )
    parser.add_argument(
        "--devices", type=Path, required=True, metavar="FILE", help="who the monitors are; --prepare writes it"
    )
    parser.add_argument("--prepare", action="store_true", help="make the rooms in the database, and FILE; send nothing")
    parser.add_argument("--rooms", type=int, metavar="N", help="so many rooms (default: all of FILE; with --prepare 8)")
    parser.add_argument("--server", metavar="URL", help="post JSON to this server, as the monitors themselves")
    parser.add_argument("--hl7", type=address, metavar="HOST:PORT", help="send HL7 over MLLP to this gateway instead")
    parser.add_argument("--ca", metavar="FILE", help="the authority that signed the server's certificate, PEM")
    parser.add_argument("--speed", type=float, default=1, metavar="N", help="simulated seconds in a real one (1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same patients (1)")
    parser.add_argument("--seconds", type=float, metavar="S", help="end by itself after so long")
    parser.add_argument(
        "--grace", type=float, default=30, metavar="S", help="how long the last rows may wait at the end (30)"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    if options.prepare:
        return prepare(options)
    try:
        told = json.loads(options.devices.read_text(encoding="utf-8"))["rooms"]
        rooms = [room(one, options, number) for number, one in enumerate(told[: options.rooms])]
    except (OSError, ValueError, KeyError) as error:
        print(f"ketacare: refused: {options.devices}: {error}", file=sys.stderr)
        return BAD_INPUT
    figures = Figures()
    drive(rooms, figures, options)
    print(json.dumps(figures.as_json()) if options.json else figures.in_words(), flush=True)
    return DONE if figures.as_json()["unanswered"] == 0 else REFUSED


def room(told: dict[str, Any], options: argparse.Namespace, number: int) -> Room:
    """One room of the file, with its way to the server."""
    if options.hl7 is not None:
        way: Way = OverMllp(address=options.hl7, wire_name=told["wire_name"])
    elif options.server:
        door = Door(url=options.server, token=told["token"], ca=options.ca, patience_s=PATIENCE_S)
        way = OverHttp(door=door)
    else:
        raise ValueError("say --server URL or --hl7 HOST:PORT")
    person = patient(np.random.default_rng([options.seed, number]))
    return Room(name=told["name"], person=person, way=way, begins_at_s=BEGINS_AT_S)


def drive(rooms: list[Room], figures: Figures, options: argparse.Namespace) -> None:
    """Run until Ctrl-C, SIGTERM or the end of the time."""
    going = Run(
        rooms=rooms,
        figures=figures,
        speed=options.speed,
        rise=mean_rise(),
        diastolic_share=diastolic_share(),
        run_id=secrets.token_hex(4),
    )
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: going.stopping.set())
    print(f"{len(rooms)} rooms", file=sys.stderr, flush=True)
    going.drive(seconds=options.seconds, grace_s=options.grace)


def prepare(options: argparse.Namespace) -> int:
    """Make the rooms; only this needs the database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ketacare.config.settings")
    importlib.import_module("django").setup()
    preparing = importlib.import_module("ketacare.config.rooms.preparing")  # only now: it reads the settings
    refused = importlib.import_module("ketacare.clinic.errors").ActionRefused
    try:
        preparing.prepare(options.rooms or 8, seed=options.seed, file=options.devices, at=datetime.now(UTC), say=say)
    except refused as refusal:
        print("\n".join(f"ketacare: refused: {reason.text}" for reason in refusal.reasons), file=sys.stderr)
        return REFUSED
    return DONE


def say(step: str) -> None:
    print(f"» {step}", file=sys.stderr, flush=True)

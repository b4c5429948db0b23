"""The command `aesthetic class`: a class that votes together, and its files."""

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import (
    plural,
    require_absent,
    require_installed,
    whole_number,
)
from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:
    from aesthetic_utils.class_votes.room import Room
    from aesthetic_utils.class_votes.server import ClassServer
    from aesthetic_utils.class_votes.store import VoteStore

HOURS = 3.0  # after which the server stops by itself
QUESTIONS = 12  # pairs that a voter sees in a round


def add_class(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic class` to the commands."""
    parser = commands.add_parser(
        "class",
        help="let a class vote together",
        description="Let a class vote from its phones, on this computer and no other.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_serve(actions)
    export = actions.add_parser(
        "export",
        help="write the votes of a class to a CSV file",
        description="Write the votes that `aesthetic class serve` kept, as the package's file of votes.",
    )
    export.add_argument("votes", type=Path, help="the file of `aesthetic class serve`")
    export.add_argument("--out", type=Path, required=True, help="the file to write")
    export.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    export.set_defaults(run=export_votes)


def _add_serve(actions: argparse._SubParsersAction) -> None:
    serve = actions.add_parser(
        "serve",
        help="serve the pages on which a class votes",
        description="Serve the pages on which a class votes, and the board for the wall, to the network that this computer is "
        "in. Votes are kept in one file here, under random names; nothing goes to another host. The same file goes on with "
        "the same room.",
    )
    serve.add_argument(
        "pictures", type=Path, nargs="?", help="a folder of pictures; eight of the course's without"
    )
    serve.add_argument("--votes", type=Path, default=Path("class_votes.sqlite"), help="the file that keeps the votes (default: %(default)s)")  # fmt: skip
    serve.add_argument(
        "--address", help="of this computer in the network of the class; found out without"
    )
    serve.add_argument(
        "--port", type=_port, default=8777, help="default: %(default)s; 0 takes a free one"
    )
    serve.add_argument("--question", help="what is asked about each pair; of a new room")
    serve.add_argument("--questions", type=whole_number, help=f"pairs a voter sees in a round (default: {QUESTIONS}); of a new room")  # fmt: skip
    serve.add_argument("--scale", action="store_true", help="let every picture be scored from 1 to 7, instead of comparing pairs; of a new room")  # fmt: skip
    serve.add_argument(
        "--hours", type=_hours, default=HOURS, help="stop by itself after so long (default: 3)"
    )
    serve.set_defaults(run=serve_class)


def serve_class(options: argparse.Namespace) -> None:
    """`aesthetic class serve`: prints where to go, and serves until it is stopped."""
    require_installed("a class that votes", starlette="starlette", uvicorn="uvicorn", segno="segno")
    from aesthetic_utils.class_votes.room import read_pictures
    from aesthetic_utils.class_votes.server import ClassServer, lan_address
    from aesthetic_utils.class_votes.store import VoteStore
    from aesthetic_utils.class_votes.tracking import measure_pictures
    from aesthetic_utils.class_votes.voting import Classroom

    _require_question(options.question)
    pictures = read_pictures(options.pictures)
    host = options.address or lan_address()
    store = VoteStore(options.votes)
    try:
        before = _open_room(store, pictures, options)
        classroom = Classroom(store, pictures, measure_pictures(pictures))
        server = ClassServer(classroom, host=host, port=options.port)
        if host.startswith("127."):
            print(
                "aesthetic: this address reaches this computer alone; give --address to let others in",
                file=sys.stderr,
            )
        _say_where(server, options, before)
        why = server.serve(hours=options.hours)
        said = "The time is over" if why == "time" else "Stopped"
        print(
            f"{said}. {plural(len(store.votes()), 'vote')} in {options.votes}; to write them as a table: "
            f"aesthetic class export {options.votes} --out votes.csv"
        )
    finally:
        store.close()


def _say_where(server: "ClassServer", options: argparse.Namespace, before: str) -> None:
    """Addresses and room code, as text and, where the terminal has the characters, as a QR code. before: `_open_room`'s."""
    from aesthetic_utils.class_votes.qr import qr_text

    room, store = server.classroom.room, server.classroom.store
    page = f"http://{server.address}/"
    # on a light terminal a code in its own colours would be white on black, which not every phone reads
    code = qr_text(
        f"{page}?room={room.code}", colours=sys.stdout.isatty() and sys.platform != "win32"
    )
    try:
        code.encode(sys.stdout.encoding or "ascii")
        print(code)
    except UnicodeEncodeError:
        pass  # the board has it, too
    end = datetime.now() + timedelta(hours=options.hours)
    print(f"Voters:   {page}?room={room.code}")
    print(f"Code:     {room.code}")
    print(f"Board:    {page}board#{store.teacher}   (yours alone: it can export and delete)")
    print(f"Votes:    {options.votes}")
    if before:
        print(f"          This goes on with the room of this file: {before}.")
        print("          Another class gets a file of its own: --votes ANOTHER.sqlite")
    print(f"Stops by itself at {end:%H:%M}; Ctrl-C stops it before.", flush=True)


def _open_room(store: "VoteStore", pictures: dict[str, bytes], options: argparse.Namespace) -> str:
    """Make the room of a new file, and return ""; where the file has one, which goes on: what is in it.

    Raises AestheticError where the options ask for another room than the file has.
    """
    from aesthetic_utils.class_votes.room import (
        QUESTION,
        SCALE_QUESTION,
        Room,
        class_pairs,
        new_code,
    )

    if (room := store.room()) is not None:
        if room.items != tuple(pictures):
            raise AestheticError(
                f"{options.votes} is of other pictures ({', '.join(room.items[:3])}, ...); give another --votes"
            )
        _require_same_room(room, options)
        votes = store.votes()
        last = f", the last of {votes[-1].time.astimezone():%d %B, %H:%M}" if votes else ""
        return f"{plural(store.count_voters(), 'voter')}, {plural(len(votes), 'vote')}{last}; round {store.round} is open"
    question = options.question or (SCALE_QUESTION if options.scale else QUESTION)
    pairs = class_pairs(len(pictures), options.questions or QUESTIONS)
    if options.scale:
        pairs = tuple((i, i) for i in range(len(pictures)))
    store.open_room(Room(code=new_code(), question=question, items=tuple(pictures), pairs=pairs))
    return ""


def _require_question(question: str | None) -> None:
    """AestheticError for a question that a file of votes cannot hold; before a file is made for it."""
    from aesthetic_utils.judgements.vote_record import ITEM

    if question is not None and not ITEM.fullmatch(question):
        raise AestheticError("give the --question in one line of at most 200 characters")


def _require_same_room(room: "Room", options: argparse.Namespace) -> None:
    """AestheticError where an option that makes a new room asks for something else than the file's room has."""
    from aesthetic_utils.class_votes.room import class_pairs

    asked = (
        ("--question", options.question not in (None, room.question)),
        ("--scale", options.scale and room.scale is None),
        ("--questions", options.questions is not None and room.scale is None
         and class_pairs(len(room.items), options.questions) != room.pairs),
    )  # fmt: skip
    if others := [option for option, differs in asked if differs]:
        raise AestheticError(
            f"{options.votes} has a room already, made with another {' and '.join(others)}; leave that out to go on with "
            "it, or give another --votes for a new room"
        )


def export_votes(options: argparse.Namespace) -> None:
    """`aesthetic class export`: the votes as a file of votes."""
    from aesthetic_utils.class_votes.store import VoteStore
    from aesthetic_utils.judgements.vote_file import write_votes

    if not options.votes.is_file():
        raise AestheticError(
            f"{options.votes} is not there; name the file of `aesthetic class serve`"
        )
    require_absent(options.out, options.overwrite)
    store = VoteStore(options.votes)
    try:
        votes = store.votes()
    finally:
        store.close()
    write_votes(options.out, votes)
    print(
        f"{plural(len(votes), 'vote')} of {plural(len({vote.rater for vote in votes}), 'voter')}: {options.out}"
    )


def _port(text: str) -> int:
    value = int(text) if text.isdecimal() and len(text) < 6 else -1
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; give a number from 0 to 65535")
    return value


def _hours(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 24:
        raise argparse.ArgumentTypeError(f"{text} is no time; give hours, at most 24")
    return value

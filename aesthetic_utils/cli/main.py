"""The command `aesthetic`: train networks, enlarge, measure and compare pictures, votes, classes, data.

Exit code 0 when it worked, 1 when it did not, 2 when the command was not understood. What a user
can put right is said in a sentence on stderr, without a traceback. Heavy modules are imported by
the commands that use them, so that `aesthetic --help` answers at once.
"""

import argparse
import io
import sys
from collections.abc import Sequence

from aesthetic_utils.cli.challenge import add_challenge
from aesthetic_utils.cli.classroom import add_class
from aesthetic_utils.cli.common import UsageError
from aesthetic_utils.cli.compare import add_compare
from aesthetic_utils.cli.data import add_data
from aesthetic_utils.cli.grade import add_grade
from aesthetic_utils.cli.measure import add_measure
from aesthetic_utils.cli.train import add_train
from aesthetic_utils.cli.upscale import add_upscale
from aesthetic_utils.cli.votes import add_votes
from aesthetic_utils.storage import AestheticError

STOPPED = 130  # what a shell expects of a program that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are those of the command line if None. Gives the exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    _print_any_name()
    try:
        return options.run(options) or 0
    except UsageError as error:
        parser.error(str(error))
    except AestheticError as error:
        print(f"aesthetic: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("aesthetic: stopped", file=sys.stderr)
        return STOPPED


def _print_any_name() -> None:
    """A file's name may hold bytes that are no text, or letters that a terminal lacks: escape them."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="aesthetic", description="The tools of the course Deep Learning and Human Aesthetics."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        add_train,
        add_upscale,
        add_measure,
        add_compare,
        add_votes,
        add_class,
        add_grade,
        add_challenge,
        add_data,
    ):
        add(commands)
    return parser

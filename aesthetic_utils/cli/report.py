"""The command `aesthetic votes report`."""

import argparse
import sys
from pathlib import Path

from aesthetic_utils.cli.common import plural, require_absent
from aesthetic_utils.cli.compare import write_page
from aesthetic_utils.storage import AestheticError


def add_report(actions: argparse._SubParsersAction) -> None:
    """Add `aesthetic votes report` to the actions on votes."""
    parser = actions.add_parser(
        "report",
        help="say what a class's votes mean: agreement, taste, ranking",
        description="Read all CSV files of a folder, as `votes merge` does, and write one HTML page: how far "
        "raters agree, what of taste is private and what shared, and the ranking of the items. Rows that are "
        "no votes are named and left out; the exit code is then 1.",
    )
    parser.add_argument("folder", type=Path, help="where the learners' files lie")
    parser.add_argument(
        "--out", type=Path, default=Path("votes.html"), help="the page (votes.html)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there")
    parser.set_defaults(run=report_votes)


def report_votes(options: argparse.Namespace) -> int:
    """`aesthetic votes report`: the page, and on stderr what should be looked at."""
    require_absent(options.out, options.overwrite)
    from aesthetic_utils.judgements.report import votes_page
    from aesthetic_utils.judgements.vote_file import merge_votes

    merged = merge_votes(options.folder)
    for problem in merged.problems:
        print(f"aesthetic: left out: {problem}", file=sys.stderr)
    for note in merged.notes:
        print(f"aesthetic: note: {note}", file=sys.stderr)
    if not merged.votes:
        raise AestheticError(
            f"there are no votes in {options.folder}; {options.out} was not written"
        )
    left_out = f"{plural(len(merged.problems), 'row')} left out" if merged.problems else ""
    write_page(options.out, votes_page(merged.votes, [n for n in (*merged.notes, left_out) if n]))
    raters = len({vote.rater for vote in merged.votes})
    print(f"{plural(len(merged.votes), 'vote')} of {plural(raters, 'rater')}: {options.out}")
    return 1 if merged.problems else 0

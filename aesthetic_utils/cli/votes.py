"""The command `aesthetic votes`."""

import argparse
from pathlib import Path

from aesthetic_utils.cli.common import add_vote_files, merged_votes, plural, require_absent
from aesthetic_utils.cli.report import add_report


def add_votes(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic votes` to the commands."""
    parser = commands.add_parser(
        "votes",
        help="work with files of votes",
        description="Work with the files in which learners keep their votes.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    add_report(actions)
    merge = actions.add_parser(
        "merge",
        help="join the files of a class into one",
        description="Join files of votes, and the CSV files of folders and their subfolders, into one, ordered by time, each "
        "vote once and without those that were taken back. Rows that are no votes are named and left out; the exit "
        "code is then 1.",
    )
    add_vote_files(merge)
    merge.add_argument("--out", type=Path, required=True, help="the file to write")
    merge.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    merge.set_defaults(run=merge_votes)


def merge_votes(options: argparse.Namespace) -> int:
    """`aesthetic votes merge`: one file of all votes, and on stderr what should be looked at."""
    from aesthetic_utils.judgements import vote_file

    require_absent(options.out, options.overwrite, "--out")
    merged = merged_votes(options.paths, options.out)
    vote_file.write_votes(options.out, merged.votes)
    raters = len({vote.rater for vote in merged.votes})
    print(
        f"{plural(len(merged.votes), 'vote')} of {plural(raters, 'rater')} from "
        f"{plural(len(merged.files), 'file')}, {plural(merged.duplicates, 'row')} twice: "
        f"{options.out}"
    )
    return 1 if merged.problems else 0

"""The command `aesthetic votes report`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import add_vote_files, merged_votes, plural, require_absent
from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:
    from aesthetic_utils.judgements.report import ClassReport, Finding, Part
    from aesthetic_utils.judgements.vote_file import MergedVotes

MOST_DRAWN = 100  # items in a figure; the table has them all


def add_report(actions: argparse._SubParsersAction) -> None:
    """Add `aesthetic votes report` to the actions of `aesthetic votes`."""
    parser = actions.add_parser(
        "report",
        help="what the votes of a class say, as one page",
        description="Join the files of a class as `aesthetic votes merge` does, and write one HTML page of what the votes "
        "say: raters, agreement, repetition, reliability, private and shared taste, and the ranking, with intervals; and "
        "what they cannot say, and why. Rows that are no votes are named and left out; the exit code is then 1.",
    )
    add_vote_files(parser)
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there")
    parser.set_defaults(run=report)


def report(options: argparse.Namespace) -> int:
    """`aesthetic votes report`: the page, and on stderr what should be looked at."""
    from aesthetic_utils.cli.page import write_page
    from aesthetic_utils.judgements.report import class_report

    require_absent(options.out, options.overwrite, "--out")
    if options.out.suffix.lower() == ".csv":
        raise AestheticError(
            f"{options.out} would be a page with the name of a table; call it page.html"
        )
    merged = merged_votes(options.paths, options.out)
    found = class_report(merged.votes)
    write_page(options.out, report_page(found, merged))
    print(
        f"{plural(len(merged.votes), 'vote')} of {plural(len(found.raters), 'rater')} from "
        f"{plural(len(merged.files), 'file')}: {options.out}"
    )
    return 1 if merged.problems else 0


def report_page(found: "ClassReport", merged: "MergedVotes") -> str:
    """The report as an HTML page."""
    from aesthetic_utils.cli.page import bullets, heading, page, paragraph, warning

    choices, scores = (
        sum(vote.task == task for vote in merged.votes) for task in ("pair", "scale")
    )
    body = [
        paragraph(
            f"{plural(len(merged.votes), 'vote')} of {plural(len(found.raters), 'rater')} from "
            f"{plural(len(merged.files), 'file')}: {plural(choices, 'choice')} between two and "
            f"{plural(scores, 'score')} on a scale."
            + (
                f" {plural(merged.duplicates, 'row')} in two files counted once."
                if merged.duplicates
                else ""
            )
        )
    ]
    if merged.problems:
        body += [
            warning(f"{plural(len(merged.problems), 'row')} left out, because they are no votes:"),
            bullets([str(problem) for problem in merged.problems]),
        ]
    if merged.notes:
        body += [heading("To look at"), bullets(merged.notes)]
    for title, part, ranked in (
        ("Choices between two", found.pairs, True),
        ("Scores on a scale", found.scores, False),
    ):
        body += _part(title, part, ranked)
    body += [heading("Raters"), _raters(found), heading("How to read it"), bullets(_method())]
    return page("What the votes say", body)


def _part(title: str, part: "Part | None", ranked: bool) -> list[str]:
    from aesthetic_utils.cli.page import bullets, heading, paragraph

    if part is None:
        return [heading(title), paragraph("There is no vote of this kind.")]
    body = [heading(title)]
    if part.question:
        body.append(paragraph(f"The question was: “{part.question}”"))
    if part.findings:
        body.append(_findings(title, part.findings))
    if part.cannot:
        body += [paragraph("What these votes cannot say:"), bullets(part.cannot)]
    if part.notes:
        body += [paragraph("What to know about it:"), bullets(part.notes)]
    if part.items:
        body += [_items_figure(part, ranked), _items(part, ranked)]
    return body


def _findings(title: str, findings: "list[Finding]") -> str:
    from aesthetic_utils.cli.page import number, table

    rows = [
        [
            found.name,
            number(found.value),
            "–" if found.low is None else f"{number(found.low)} to {number(found.high)}",
            found.basis,
            found.meaning,
        ]
        for found in findings
    ]
    head = ["quantity", "value", "95 % interval", "counted over", "what it says"]
    return table(f"{title}: agreement and taste", head, rows, texts=[3, 4])


def _items_figure(part: "Part", ranked: bool) -> str:
    from aesthetic_utils.cli.page import figure, intervals_figure

    items = part.items
    half = MOST_DRAWN // 2
    shown = items if len(items) <= MOST_DRAWN else items[:half] + items[-half:]
    what = "score in logits (0 is the mean of all items)" if ranked else "mean score"
    drawn = intervals_figure(
        [row.item for row in shown],
        [(row.score, row.low, row.high) for row in shown],
        label=what,
        middle=0.0 if ranked else None,
    )
    alt = (
        f"{len(shown)} of {len(items)} items with their {'scores' if ranked else 'mean scores'} and intervals, the highest on "
        f"top: {items[0].item}, {items[0].score:.2f}; the lowest: {items[-1].item}, {items[-1].score:.2f}. All "
        "numbers are in the table below."
    )
    which = "" if shown is items else f", the first and the last {half}"
    return figure(
        drawn,
        alt,
        f"The items by {'ranking' if ranked else 'mean score'}{which}, with 95 % intervals.",
    )


def _items(part: "Part", ranked: bool) -> str:
    from aesthetic_utils.cli.page import number, table

    head = ["item", "rank", "score", "95 % interval", "votes"]
    rows = [
        [row.item, number(row.rank), number(row.score, 2), f"{number(row.low, 2)} to {number(row.high, 2)}", number(row.votes)]
        for row in part.items
    ]  # fmt: skip
    if ranked:
        head.append("plausible ranks")
        rows = [
            [*line, f"{row.best} to {row.worst}"]
            for line, row in zip(rows, part.items, strict=True)
        ]
    return table("Ranking of the items" if ranked else "Mean score of the items", head, rows)


def _raters(found: "ClassReport") -> str:
    from aesthetic_utils.cli.page import number, table

    rows = [
        [row.rater, number(row.choices), number(row.scores), number(row.sessions), number(row.median_seconds, 1)]
        for row in found.raters
    ]  # fmt: skip
    head = ["rater", "choices", "scores", "sittings", "median seconds an answer"]
    return table("What each rater did", head, rows)


def _method() -> list[str]:
    return [
        "Intervals are for 95 %. Whether they stand for other people, other items or other questions is said beside each.",
        "The ranking is that of Bradley and Terry: an item whose score is higher by 1 wins 73 of 100 choices without ties. "
        "With more than one rater its intervals come from drawing raters anew. The plausible ranks of an item are those "
        "that 95 of 100 repetitions of the class would give it.",
        "A ranking of a class need not be that of any of its members.",
        "Mean scores: a rater's rounds are averaged first; the intervals (Student's t) are over raters.",
        "Private and shared taste: the analysis of variance with repeats; the beholder index is Hoenekopp's (2006), the "
        "interval draws raters and items anew. The shares are those that Martinez, Funk and Todorov (2020) advise to report.",
    ]

"""What a class's votes say, as one page: agreement, private and shared taste, a ranking."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from aesthetic_utils import page
from aesthetic_utils.judgements.bradley_terry import (
    PairVotes,
    PreferenceError,
    agreement,
    fit_ranking,
    repeat_agreement,
    score_intervals,
)
from aesthetic_utils.judgements.rating_agreement import intraclass_correlations, krippendorff_alpha
from aesthetic_utils.judgements.taste import beholder_interval, taste_parts
from aesthetic_utils.judgements.vote_record import (
    MixedVotesError,
    Ratings,
    Vote,
    as_pairs,
    as_ratings,
)
from aesthetic_utils.statistics.intervals import Interval

LARGEST = 40  # items that a figure shows


def votes_page(votes: Sequence[Vote], notes: Sequence[str] = ()) -> str:
    """The report as HTML. notes: what has to be said of the files first.

    Scores on different scales, or answers to different questions, are left out with a note.
    """
    notes = list(notes)
    pairs, ratings = as_pairs([]), as_ratings([])
    try:
        pairs = as_pairs(votes)
    except MixedVotesError as error:
        notes.append(f"The choices are left out: {error}")
    try:
        ratings = as_ratings(votes)
    except MixedVotesError as error:
        notes.append(f"The scores are left out: {error}")
    raters = len({vote.rater for vote in votes})
    parts = [
        page.paragraph(
            f"{raters:,} raters, {len(pairs):,} choices between two and {_scores(ratings):,} scores."
        ),
        *(page.paragraph(note, note=True) for note in notes),
    ]
    if len(pairs):
        parts += pair_parts(pairs)
    if _scores(ratings):
        parts += score_parts(ratings)
    return page.page("What the votes say", parts)


def pair_parts(votes: PairVotes) -> list[str]:
    """Of choices between two: agreement of raters with themselves and others, and the ranking."""
    rows = [
        ["a rater with herself, asked again", *_said(_or_none(repeat_agreement, votes))],
        ["a rater with another, over all pairs of raters", *_said(agreement_of_raters(votes))],
    ]
    parts = [
        page.heading("Choices between two"),
        page.table(["agreement of", "share", "95 % interval", "n"], rows),
    ]
    if len(votes.items) < 2:
        return parts
    ranking = fit_ranking(votes)
    low, high = score_intervals(ranking)
    order = np.argsort(-ranking.score)
    bars = [
        page.Bar(
            name=votes.items[i],
            value=float(ranking.score[i]),
            low=float(low[i]),
            high=float(high[i]),
        )
        for i in order[:LARGEST]
    ]
    reach = max(1.0, float(np.nanmax(np.abs([low[order], high[order]]))))
    others = (
        f"The intervals come from drawing the {ranking.raters} raters anew: they are about other people of "
        "this kind."
        if ranking.pooled is not None
        else "The choices are one rater's, and the intervals are about that rater alone."
    )
    parts += [
        page.heading("Ranking"),
        page.paragraph(
            f"Scores by the model of Bradley and Terry, in logits, mean 0, with 95 % intervals. {others} "
            + ranking.note
        ),
        page.chart(bars, "score, logits", ends=(-reach, reach), line=0.0),
    ]
    if len(order) > LARGEST:
        parts.append(page.paragraph(f"The {LARGEST} highest of {len(order)}."))
    return parts


def agreement_of_raters(votes: PairVotes) -> Interval | None:
    """Mean over all pairs of raters with a common question, each pair of raters counting the same.

    The interval is by drawing raters anew, 400 times; of two raters it is Wilson's over the questions.
    None if no two raters judged the same pair.
    """
    rater = np.asarray(votes.rater)  # [M]
    each = [votes.where(rater == r) for r in np.unique(rater)]
    table = np.full((len(each), len(each)), np.nan)
    last = None
    for i, one in enumerate(each):
        for j in range(i):
            found = _or_none(agreement, one, each[j])
            if found is not None:
                table[i, j] = table[j, i] = found.value
                last = found
    if last is None or len(each) == 2:
        return last
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(400):
        chosen = rng.integers(len(each), size=len(each))
        drawn = table[
            np.ix_(chosen, chosen)
        ]  # a rater drawn twice is not compared with herself: NaN
        if not np.isnan(drawn).all():
            draws.append(float(np.nanmean(drawn)))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Interval(value=float(np.nanmean(table)), low=float(low), high=float(high), n=len(each))


def score_parts(ratings: Ratings) -> list[str]:
    """Of scores: alpha over all, correlations over raters and items that are complete, parts of taste."""
    first = ratings.values[:, :, 0]  # [R, I]
    some = ~np.isnan(first)
    parts = [
        page.heading("Scores"),
        page.paragraph(
            f"Krippendorff's alpha of all {int(some.sum()):,} first scores: "
            f"{page.number(krippendorff_alpha(first))} (1 all agree, 0 as by chance)."
        ),
    ]
    complete = first[:, some.all(0)]
    if min(complete.shape) >= 2:
        found = intraclass_correlations(complete)
        rows: list[list[str | float]] = [
            ["one rater, ICC(2,1): agreement", found.agreement],
            ["one rater, ICC(3,1): the same order, whatever the level", found.consistency],
            [f"mean of {found.raters}, ICC(2,k)", found.mean_agreement],
            [f"mean of {found.raters}, ICC(3,k)", found.mean_consistency],
        ]
        parts += [
            page.paragraph(
                f"Intraclass correlations over the {found.items} items that all {found.raters} raters scored. "
                "They depend on how varied the items are: compare them only between sets that are alike."
            ),
            page.table(["of", "correlation"], rows),
        ]
    return parts + taste_paragraphs(ratings)


def taste_paragraphs(ratings: Ratings) -> list[str]:
    """Private and shared taste, if two raters scored two items twice; or a sentence that says what lacks."""
    x = ratings.values[:, :, :2]
    x = x[~np.isnan(x).all((1, 2))]
    if x.shape[2] == 2:
        x = x[(~np.isnan(x)).all(2).sum(1) >= 2]  # raters with two items scored twice
        x = x[:, (~np.isnan(x)).all((0, 2))] if len(x) else x
    if x.shape[2] < 2 or min(x.shape) < 2:
        return [
            page.paragraph(
                "Private taste cannot be told from chance: for that at least two raters must score the same "
                "items twice."
            )
        ]
    parts, interval = taste_parts(x), beholder_interval(x)
    rows: list[list[str | float]] = [
        [words, share]
        for words, share in zip(
            ("shared taste", "level of the raters", "private taste", "not repeated"),
            (parts.partition[name] for name in ("item", "rater", "interaction", "noise")),
            strict=True,
        )
    ]
    return [
        page.heading("Private and shared"),
        page.paragraph(
            f"{x.shape[0]} raters scored {x.shape[1]} items twice. Of taste, private / (private + shared) = "
            f"{page.number(interval.value)}, 95 % interval {page.number(interval.low)} to "
            f"{page.number(interval.high)}, if other raters and other such items were drawn."
        ),
        page.table(["part", "share of the variance"], rows),
    ]


def _scores(ratings: Ratings) -> int:
    return int((~np.isnan(ratings.values)).sum())


def _or_none(function: Callable[..., Interval], *arguments: PairVotes) -> Interval | None:
    try:
        return function(*arguments)
    except PreferenceError:
        return None


def _said(found: Interval | None) -> list[str | float]:
    if found is None:
        return [math.nan, "no question in common", "–"]
    return [found.value, f"{found.low:.2f} to {found.high:.2f}", found.n]

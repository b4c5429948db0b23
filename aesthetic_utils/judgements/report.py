"""What the votes of a class say, with intervals; and in a sentence each what they cannot say, and why."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from aesthetic_utils.judgements.bradley_terry import (
    PairVotes,
    PreferenceError,
    Ranking,
    fit_ranking,
    outcomes,
    prediction_ceiling,
    rank_intervals,
    repeat_agreement,
    score_intervals,
)
from aesthetic_utils.judgements.taste import beholder_interval, rater_correlations, taste_parts
from aesthetic_utils.judgements.vote_record import (
    MixedVotesError,
    Ratings,
    Vote,
    as_pairs,
    as_ratings,
)
from aesthetic_utils.statistics.intervals import Interval, wilson_interval
from aesthetic_utils.statistics.reliability import intraclass_correlations, krippendorff_alpha

CONFIDENCE = 0.95
FEW_RATERS = 10  # below, the spread between people is only roughly known


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One number, and what it means."""

    name: str
    value: float
    low: float | None = None  # ends of the 95 % interval; None where there is none
    high: float | None = None
    basis: str = ""  # how many of what it was counted over
    meaning: str = ""


@dataclass(frozen=True, kw_only=True)
class RaterRow:
    """What one rater did."""

    rater: str
    choices: int
    scores: int
    sessions: int
    median_seconds: float  # from showing to answering; NaN where nothing was measured


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """One item of a ranking, or of the list of mean scores."""

    item: str
    votes: int
    score: float
    low: float
    high: float
    rank: int
    best: int | None = None  # plausible ranks; None for mean scores
    worst: int | None = None


@dataclass(kw_only=True)
class Part:
    """Choices between two, or scores on a scale."""

    findings: list[Finding] = field(default_factory=list)
    items: list[ItemRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)  # what cannot be computed, and why
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class ClassReport:
    """What `class_report` gives; a part is None where there was no vote of its kind."""

    raters: list[RaterRow]
    pairs: Part | None
    scores: Part | None


def class_report(votes: Sequence[Vote], *, repeats: int = 1000, seed: int = 0) -> ClassReport:
    """All that the votes of a class allow to say: votes as `merge_votes` gives them, taken back ones left out.

    repeats: draws of each bootstrap. Raises ValueError when there is no vote.
    """
    if not votes:
        raise ValueError("there is no vote to report on")
    tasks = {vote.task for vote in votes}
    return ClassReport(
        raters=rater_rows(votes),
        pairs=_part(lambda: pair_part(votes, repeats=repeats, seed=seed)) if "pair" in tasks else None,
        scores=_part(lambda: score_part(votes, repeats=repeats, seed=seed)) if "scale" in tasks else None,
    )  # fmt: skip


def _part(make: Callable[[], Part]) -> Part:
    """The part, or one that says why the votes cannot be taken together."""
    try:
        return make()
    except MixedVotesError as error:
        return Part(cannot=[f"Nothing of this part was computed. {error}"])


def rater_rows(votes: Sequence[Vote]) -> list[RaterRow]:
    """How much each rater did, by name."""
    rows = []
    for rater in sorted({vote.rater for vote in votes}):
        own = [vote for vote in votes if vote.rater == rater]
        tasks = Counter(vote.task for vote in own)
        times = [vote.response_ms / 1000 for vote in own if vote.response_ms is not None]
        rows.append(
            RaterRow(
                rater=rater,
                choices=tasks["pair"],
                scores=tasks["scale"],
                sessions=len({vote.session for vote in own}),
                median_seconds=float(np.median(times)) if times else float("nan"),
            )
        )
    return rows


def _finding(name: str, found: Interval, basis: str, meaning: str) -> Finding:
    return Finding(
        name=name, value=found.value, low=found.low, high=found.high, basis=basis, meaning=meaning
    )


# --------------------------------------------------------------------------------------------------
# choices between two


def pair_part(votes: Sequence[Vote], *, repeats: int = 1000, seed: int = 0) -> Part:
    """Agreement between raters and with oneself, what can be predicted, and the ranking."""
    pairs = as_pairs(votes)
    part = Part(question=max((vote.question for vote in votes if vote.task == "pair"), default=""))
    if ties := int(pairs.tie.sum()):
        part.notes.append(
            f"{ties:,} of {len(pairs):,} answers are ties. A tie counts as half a win for each of the two, which is "
            "a convention and draws the scores together."
        )
    _add_agreement(part, pairs, repeats, seed)
    _add_repeats(part, pairs)
    ranking = fit_ranking(pairs)
    if ranking.note:
        part.notes.append(ranking.note)
    if 1 < ranking.raters < FEW_RATERS:
        part.notes.append(
            f"The intervals of the ranking come from drawing the {ranking.raters} raters anew. With fewer than "
            f"{FEW_RATERS} raters they are themselves only roughly known."
        )
    if ranking.raters == 1:
        part.notes.append(
            "The ranking is that of one person. Its intervals count that person's choices and say nothing about others."
        )
    part.items = ranking_rows(ranking, pairs)
    return part


def _add_agreement(part: Part, pairs: PairVotes, repeats: int, seed: int) -> None:
    raters = len(pairs.raters)
    if raters < 2:
        part.cannot.append(
            "How far raters agree cannot be said: all choices are those of one rater. Two at least have to judge "
            "the same pairs."
        )
        return
    try:
        found, common = pair_agreement(pairs, repeats=repeats, seed=seed)
    except PreferenceError:
        part.cannot.append(
            "How far raters agree cannot be said: no two raters judged the same pair. Show all raters some pairs "
            "in common."
        )
        return
    if raters == 2:
        part.notes.append(
            "With two raters the interval of their agreement counts questions; it says nothing about other people."
        )
    part.findings.append(
        _finding(
            "Agreement of two raters",
            found,
            f"{common:,} common questions of {raters} raters",
            "How often two raters prefer the same of two items; .5 is chance. A tie against a choice counts half.",
        )
    )


def pair_agreement(pairs: PairVotes, *, repeats: int = 1000, seed: int = 0) -> tuple[Interval, int]:
    """How often two different raters agree on a pair that both judged, and over how many such questions.

    Each answer of one is held against each answer of the other, and every common question counts alike; two ties
    agree, a tie and a choice do so by half. The interval draws raters anew (n their number); for two raters it is
    Wilson's over questions. Raises PreferenceError when no two raters have a pair in common.
    """
    same, common = _common_questions(pairs)
    raters = len(pairs.raters)
    total = int(common.sum() // 2)
    if not total:
        raise PreferenceError("no two raters judged the same pair; show all some pairs in common")
    value = float(same.sum() / common.sum())
    if raters == 2:
        low, high = wilson_interval(value * total, total, confidence=CONFIDENCE)
        found = Interval(value=value, low=low, high=high, n=total, confidence=CONFIDENCE)
        return found, total
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(repeats):
        times = np.bincount(rng.integers(raters, size=raters), minlength=raters)
        if count := times @ common @ times:  # the diagonal is 0: nobody is held against oneself
            drawn.append(times @ same @ times / count)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    found = Interval(value=value, low=float(low), high=float(high), n=raters, confidence=CONFIDENCE)
    return found, total


def _common_questions(pairs: PairVotes) -> tuple[np.ndarray, np.ndarray]:
    """[R, R] each, 0 on the diagonal: agreements, and pairs that both raters judged."""
    low, high, outcome = outcomes(pairs)
    _, pair = np.unique(low * len(pairs.items) + high, return_inverse=True)
    said = np.zeros((3, len(pairs.raters), int(pair.max()) + 1))  # win, tie, loss; rater; pair
    np.add.at(said, (1 - outcome.astype(int), pairs.rater, pair), 1)
    count = said.sum(0)  # [R, pairs]
    share = np.divide(said, count, out=np.zeros_like(said), where=count > 0)
    there = (count > 0).astype(float)
    common = there @ there.T
    alike = sum(x @ x.T for x in share)  # [R, R]
    half = share[1] @ (share[0] + share[2]).T  # a tie of one and a choice of the other
    same = alike + (half + half.T) / 2
    np.fill_diagonal(same, 0)
    np.fill_diagonal(common, 0)
    return same, common


def _add_repeats(part: Part, pairs: PairVotes) -> None:
    try:
        repeat = repeat_agreement(pairs, confidence=CONFIDENCE)
    except PreferenceError:
        part.cannot.append(
            "How far raters repeat themselves, and so how well any model could predict a rater, cannot be said: no "
            "rater judged a pair twice. Repeat some questions."
        )
        return
    basis = f"{repeat.n:,} repeated question{'s' * (repeat.n != 1)}"
    part.findings.append(
        _finding(
            "Repeat agreement",
            repeat,
            basis,
            "How often a rater who is asked again answers as before. The interval (Wilson) takes the questions as "
            "independent.",
        )
    )
    names = (
        ("Least ceiling of prediction", "if each question is either certain or a coin"),
        ("Greatest ceiling of prediction", "if the rater is equally sure of each question"),
    )
    ends = zip(
        *(prediction_ceiling(x) for x in (repeat.value, repeat.low, repeat.high)), strict=True
    )
    for (name, world), (value, low, high) in zip(names, ends, strict=True):
        meaning = f"The share of a rater's choices that the best model can get right, {world}."
        part.findings.append(
            Finding(name=name, value=value, low=low, high=high, basis=basis, meaning=meaning)
        )


def ranking_rows(ranking: Ranking, pairs: PairVotes) -> list[ItemRow]:
    """The items, the best first."""
    low, high = score_intervals(ranking, confidence=CONFIDENCE)
    best, worst = rank_intervals(ranking, confidence=CONFIDENCE)
    shown = np.bincount(np.concatenate([pairs.winner, pairs.loser]), minlength=len(ranking.items))
    return [
        ItemRow(
            item=ranking.items[i],
            votes=int(shown[i]),
            score=float(ranking.score[i]),
            low=float(low[i]),
            high=float(high[i]),
            rank=int(ranking.rank[i]),
            best=int(best[i]),
            worst=int(worst[i]),
        )
        for i in ranking.rank.argsort()
    ]


# --------------------------------------------------------------------------------------------------
# scores on a scale


def score_part(votes: Sequence[Vote], *, repeats: int = 1000, seed: int = 0) -> Part:
    """Reliability of scores, private and shared taste, and the mean of each item."""
    ratings = as_ratings(votes)
    part = Part(question=ratings.question)
    if ratings.scale is None:
        part.notes.append("The scale of the scores was not recorded.")
    else:
        low, high = ratings.scale
        part.notes.append(f"The scores are on a scale from {low:g} to {high:g}.")
    if len(ratings.raters) < 2:
        part.cannot.append(
            "Agreement, reliability, and private and shared taste cannot be said: all scores are those of one rater."
        )
    elif np.nanmin(ratings.values) == np.nanmax(ratings.values):
        part.cannot.append(
            "Agreement, reliability, and private and shared taste cannot be said: all scores are the same."
        )
    else:
        _add_reliability(part, ratings, repeats, seed)
        _add_taste(part, ratings, repeats, seed)
    part.items = mean_rows(ratings)
    return part


def complete_block(there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raters and items, as indices, of a large block without a gap: there [R, I], True where something is.

    The rater or item with the largest share of gaps goes, one after the other, until no gap is left. That need not be
    the largest block there is.
    """
    rows, columns = np.arange(there.shape[0]), np.arange(there.shape[1])
    while len(rows) and len(columns):
        gaps = ~there[np.ix_(rows, columns)]
        if not gaps.any():
            break
        by_row, by_column = gaps.mean(1), gaps.mean(0)
        if by_row.max() >= by_column.max():
            rows = np.delete(rows, by_row.argmax())
        else:
            columns = np.delete(columns, by_column.argmax())
    return rows, columns


def _block(part: Part, ratings: Ratings, rounds: int, what: str) -> np.ndarray | None:
    """[R, I, rounds] without a gap; None where too little is left, and part says so."""
    values = ratings.values[:, :, :rounds]
    rows, columns = complete_block(~np.isnan(values).any(2))
    needed = "twice" if rounds > 1 else "once"
    if min(len(rows), len(columns)) < 2:
        part.cannot.append(
            f"{what} cannot be computed: there are no two raters who both scored the same two items {needed}."
        )
        return None
    if (len(rows), len(columns)) != values.shape[:2]:
        part.notes.append(
            f"{what}: computed over the {len(rows)} of {len(ratings.raters)} raters and {len(columns)} of "
            f"{len(ratings.items)} items where everybody scored everything {needed}."
        )
    return values[np.ix_(rows, columns)]


def _add_reliability(part: Part, ratings: Ratings, repeats: int, seed: int) -> None:
    first = ratings.values[:, :, 0]
    try:
        alpha = krippendorff_alpha(first, repeats=repeats, seed=seed)
        part.findings.append(
            _finding(
                "Krippendorff's alpha",
                alpha,
                f"{alpha.n:,} items with two scores or more",
                "Agreement of the first scores, for interval data: 1 all agree, 0 as if dealt at random. Missing "
                "scores are allowed. The interval draws items anew.",
            )
        )
    except ValueError:
        part.cannot.append(
            "Krippendorff's alpha cannot be computed: no two items have scores of two raters each."
        )
    block = _block(part, ratings, 1, "The intraclass correlations")
    if block is None:
        return
    found = intraclass_correlations(block[:, :, 0], confidence=CONFIDENCE)
    basis = f"{block.shape[0]} raters × {block.shape[1]} items, first scores"
    for name, interval, meaning in (
        ("ICC(1)", found.one, "Reliability of one score, when nothing is known of who gave it."),
        ("ICC(C,1)", found.consistency, "Of one rater's order; giving more to everything does not count."),
        ("ICC(A,1)", found.agreement, "Of one rater's scores; giving more to everything counts as error."),
        ("ICC(C,k)", found.consistency_of_mean, "Of the mean of these raters (Cronbach's alpha)."),
        ("ICC(A,k)", found.agreement_of_mean, "Of that mean, levels counted as error."),
    ):  # fmt: skip
        part.findings.append(_finding(name, interval, basis, meaning))


def _add_taste(part: Part, ratings: Ratings, repeats: int, seed: int) -> None:
    what = "Private and shared taste"
    if ratings.values.shape[2] < 2:
        part.cannot.append(
            f"{what} cannot be told apart: no rater scored an item twice, so what is private cannot be told from "
            "noise. Let the class score the same items in a second round."
        )
        return
    block = _block(part, ratings, 2, what)
    if block is None:
        return
    basis = f"{block.shape[0]} raters × {block.shape[1]} items × 2 rounds"
    for index, name, meaning in (
        ("b1", "Beholder index b1", "Private taste in private and shared taste: 0 nobody differs, 1 nobody agrees."),
        ("b2", "Beholder index b2", "The same, with giving more to everything counted as private."),
    ):  # fmt: skip
        found = beholder_interval(block, index=index, repeats=repeats, seed=seed)
        part.findings.append(_finding(name, found, basis, meaning))
    meanings = {
        "item": ("Share of shared taste", "Of the whole variance of single scores."),
        "rater": ("Share of levels", "Raters who give more to everything."),
        "interaction": ("Share of private taste", "What a rater likes apart from the others."),
        "noise": ("Share of noise", "What the same rater does not repeat."),
    }
    for key, share in taste_parts(block).partition.items():
        name, meaning = meanings[key]
        part.findings.append(Finding(name=name, value=share, basis=basis, meaning=meaning))
    _add_correlations(part, block, basis)
    part.notes.append(
        "All of this is about these items as much as about these people: on items that are more alike, the same "
        "people would come out as more private."
    )


def _add_correlations(part: Part, block: np.ndarray, basis: str) -> None:
    vary = (np.ptp(block, axis=1) > 0).all(1)  # [R]
    if constant := int((~vary).sum()):
        part.notes.append(
            f"{constant} of {len(block)} raters gave every item the same score in a round. They have no correlation with "
            "anything and are left out of the two correlations."
        )
    if vary.sum() < 2:
        part.cannot.append(
            "How scores of raters correlate cannot be said: fewer than two raters gave different scores in both rounds."
        )
        return
    found = rater_correlations(block[vary])
    for name, values, meaning in (
        ("Correlation with oneself", found.repeat, "Mean over raters, first round with second."),
        ("Correlation with the others", found.crowd, "Mean over raters, with the mean of all others."),
    ):  # fmt: skip
        if not np.isnan(values).all():
            part.findings.append(
                Finding(name=name, value=float(np.nanmean(values)), basis=basis, meaning=meaning)
            )


def mean_rows(ratings: Ratings) -> list[ItemRow]:
    """The items by mean score, the best first; a rater's rounds are averaged first. Intervals: t, over raters."""
    from scipy.stats import t  # slow to import

    there = ~np.isnan(ratings.values)
    times = there.sum(2)  # [R, I]
    own = np.divide(
        np.nansum(ratings.values, 2), times, out=np.full(times.shape, np.nan), where=times > 0
    )  # [R, I]
    rows = []
    for i, item in enumerate(ratings.items):
        scores = own[~np.isnan(own[:, i]), i]
        half = float("nan")
        if len(scores) > 1:
            quantile = float(t.ppf((1 + CONFIDENCE) / 2, len(scores) - 1))
            half = quantile * float(scores.std(ddof=1)) / len(scores) ** 0.5
        mean = float(scores.mean())
        rows.append((mean, item, int(times[:, i].sum()), half))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return [
        ItemRow(item=item, votes=n, score=mean, low=mean - half, high=mean + half, rank=rank)
        for rank, (mean, item, n, half) in enumerate(rows, start=1)
    ]

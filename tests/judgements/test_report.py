"""Agreement of scores against published examples, and the page about a class's votes."""

import re

import numpy as np
import pytest

from aesthetic_utils.cli import main as cli
from aesthetic_utils.judgements.bradley_terry import PairVotes
from aesthetic_utils.judgements.rating_agreement import intraclass_correlations, krippendorff_alpha
from aesthetic_utils.judgements.report import agreement_of_raters, votes_page
from aesthetic_utils.judgements.vote_file import append_vote
from aesthetic_utils.judgements.vote_record import pair_vote, scale_vote

# Shrout & Fleiss (1979), table 2: four judges, six targets
SHROUT = np.array(
    [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7.0]]
)
N = np.nan
# Krippendorff (2011), section C: four observers, twelve units; interval alpha .849
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
])  # fmt: skip


def test_intraclass_correlations_of_the_papers_example():
    found = intraclass_correlations(SHROUT)
    assert found.one_way == pytest.approx(0.17, abs=0.005)
    assert found.agreement == pytest.approx(0.29, abs=0.005)
    assert found.consistency == pytest.approx(0.71, abs=0.005)
    assert found.mean_agreement == pytest.approx(0.62, abs=0.005)
    assert found.mean_consistency == pytest.approx(0.91, abs=0.005)
    assert (found.raters, found.items) == (4, 6)
    assert np.isnan(intraclass_correlations(np.full((3, 4), 7)).agreement)
    with pytest.raises(ValueError, match="complete table"):
        intraclass_correlations(KRIPPENDORFF)


def test_alpha_of_the_papers_example():
    assert krippendorff_alpha(KRIPPENDORFF) == pytest.approx(0.849, abs=0.0005)
    assert krippendorff_alpha(np.array([[1, 5.0], [1, 5]])) == 1
    assert np.isnan(krippendorff_alpha(np.full((3, 4), 7)))
    assert np.isnan(krippendorff_alpha(np.array([[1, N], [N, 2]])))


def test_agreement_over_all_pairs_of_raters():
    """Two alike, and one who says the opposite: 1, 0, 0."""
    votes = PairVotes(
        winner=np.array([0, 1, 0, 1, 1, 2]), loser=np.array([1, 2, 1, 2, 0, 1]), items=("a", "b", "c"),
        rater=np.array([0, 0, 1, 1, 2, 2]), raters=("x", "y", "z"),
    )  # fmt: skip
    found = agreement_of_raters(votes)
    assert found.value == pytest.approx(1 / 3) and found.low <= found.value <= found.high
    assert agreement_of_raters(votes.where(votes.rater < 2)).value == 1
    assert agreement_of_raters(votes.where(votes.rater < 1)) is None


def test_votes_report(capsys, tmp_path):
    folder, out = tmp_path / "class", tmp_path / "page.html"
    rng = np.random.default_rng(0)
    worth = {"cat": 2.0, "dog": 0.0, "<owl>": -2.0}
    for rater in ("r-1", "r-2", "r-3"):
        for session in ("s-1", "s-2"):
            for left, right in (("cat", "dog"), ("dog", "<owl>"), ("<owl>", "cat")):
                choice = "left" if worth[left] + rng.normal() > worth[right] else "right"
                vote = pair_vote(
                    rater=rater, session=session, left=left, right=right, choice=choice
                )
                append_vote(folder / f"{rater}.csv", vote)
            for item, value in worth.items():
                score = float(np.clip(round(5 + value + rng.normal()), 1, 10))
                vote = scale_vote(
                    rater=rater, session=session, item=item, score=score, scale=(1, 10)
                )
                append_vote(folder / f"{rater}.csv", vote)
    assert cli.main(["votes", "report", str(folder), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"36 votes of 3 raters: {out}\n"
    text = out.read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script|<link|src=", text)
    for words in (
        "3 raters, 18 choices between two and 18 scores", "Krippendorff", "ICC(2,1)", "Private and shared",
        "drawing the 3 raters anew", "3 raters scored 3 items twice",
    ):  # fmt: skip
        assert words in text
    names = re.findall(r'text-anchor="end" stroke="none">([^<]*)<', text)
    assert names == ["cat", "dog", "&lt;owl&gt;"]


def test_mixed_scales_cost_the_scores_alone(tmp_path):
    votes = [
        pair_vote(rater="r-1", session="s-1", left="a", right="b", choice="left"),
        scale_vote(rater="r-1", session="s-1", item="a", score=3, scale=(1, 10)),
        scale_vote(rater="r-2", session="s-1", item="a", score=3, scale=(1, 5)),
    ]
    text = votes_page(votes)
    assert "The scores are left out: " in text and "Ranking" in text and "Krippendorff" not in text


def test_a_report_of_nothing_and_of_little(capsys, tmp_path):
    out = tmp_path / "page.html"
    vote = pair_vote(rater="r-1", session="s-1", left="a", right="b", choice="tie")
    append_vote(tmp_path / "few" / "r.csv", vote)
    assert cli.main(["votes", "report", str(tmp_path / "few"), "--out", str(out)]) == 0
    assert "no question in common" in out.read_text()
    (tmp_path / "none").mkdir()
    assert (
        cli.main(["votes", "report", str(tmp_path / "none"), "--out", str(out), "--overwrite"]) == 1
    )

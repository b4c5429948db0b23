"""The beauty means of OASIS: read in two forms, known by their content."""

import numpy as np
import pytest

from aesthetic_utils.data import oasis
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.judgements.simulated_pictures import CATEGORIES, simulate_beauty_means
from aesthetic_utils.statistics.groups import explained_by_groups

OURS = """item,theme,category,beauty_mean,beauty_sd,n_raters,valence_mean,arousal_mean
1,Acorns1,Object,4.86,1.479892638,140,4.69,2.35
2,Acorns12,Object,4.2,1.443968424,104,4.52,2.23
"""
AUTHORS = """item,beauty_mean,Theme,Category,Valence_mean,Arousal_mean,beauty_SD,N,subset,,
1,4.86,Acorns1,Object,4.69,2.35,1.479892638,140,subset2,,
2,4.20,Acorns12,Object,4.52,2.23,1.443968424,104,subset4,,6
"""


def test_both_forms_are_the_same_numbers(tmp_path):
    found = []
    for place, text in zip(oasis.FILES, (OURS, AUTHORS), strict=True):
        folder = tmp_path / place.split("/")[0]
        folder.mkdir()
        (folder / place.split("/")[1]).write_text(text)
        found.append(oasis.load_beauty_means(folder, digest=None))
    one, other = found
    assert oasis.means_digest(one) == oasis.means_digest(other)
    assert one.nouns == ("Acorns", "Acorns") and one.category == ("Object", "Object")
    assert one.mean.tolist() == [4.86, 4.2] and one.raters.tolist() == [140, 104]
    assert oasis.load_beauty_means(tmp_path, digest=oasis.means_digest(one)).themes == one.themes


def test_others_are_refused_and_what_is_missing_is_said(tmp_path):
    with pytest.raises(MissingDataError, match="AESTHETIC_DATA.*whose_taste.json"):
        oasis.load_beauty_means(tmp_path)
    path = tmp_path / "oasis_beauty_means.csv"
    path.write_text(OURS)
    with pytest.raises(MissingDataError, match=r"SHA-256.*digest=None"):
        oasis.load_beauty_means(tmp_path)
    for text in ("", "item\n1\n", OURS.replace("4.2,", "nan,"), OURS.replace("140", "many")):
        path.write_text(text)
        with pytest.raises(MissingDataError, match="damaged"):
            oasis.load_beauty_means(tmp_path, digest=None)


def test_noise_is_a_share_of_the_variance():
    rng = np.random.default_rng(0)
    truth = rng.normal(4, 1, 3000)
    made = oasis.BeautyMeans(
        themes=("a1",) * 3000, category=("Scene",) * 3000, mean=truth + rng.normal(0, 0.5, 3000),
        spread=np.full(3000, 5.0), raters=np.full(3000, 100),
    )  # fmt: skip
    assert made.noise_share == pytest.approx(0.25 / 1.25, abs=0.02)


def test_simulated_pictures_are_built_like_them():
    found = [simulate_beauty_means(seed=s) for s in range(5)]
    assert np.mean([explained_by_groups(m.mean, m.nouns) for m in found]) == pytest.approx(0.7, abs=0.05)  # fmt: skip
    assert set(found[0].category) <= set(CATEGORIES) and 700 < len(found[0]) < 1100
    assert len(set(found[0].nouns)) == 248 and len(set(found[0].themes)) == len(found[0])


def test_the_real_means_where_they_are():
    try:
        found = oasis.load_beauty_means()
    except MissingDataError:
        pytest.skip("the beauty means of OASIS are not on this machine (AESTHETIC_DATA)")
    assert len(found) == 900 and len(set(found.nouns)) == 248

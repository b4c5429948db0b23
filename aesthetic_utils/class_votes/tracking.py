"""Which measures of the pictures go with what the class likes."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from aesthetic_utils.judgements.personal_taste import correlation_interval

SIDE = 256  # pixels of the longer side at which pictures are measured: all of them at one size
FEWEST = 5  # pictures for an interval
TRACKED = {  # column of `aesthetic measure` -> what the wall calls it
    "mean_Lab_L": "lightness", "rms_contrast": "contrast", "colourfulness": "colourfulness",
    "mirror_symmetry": "mirror symmetry", "fourier_slope_redies": "slope of the spectrum",
    "jpeg_bytes_per_pixel": "complexity, as the size of a JPEG file",
}  # fmt: skip

Measured = Mapping[str, Mapping[str, float]]  # picture -> column -> value


def measure_pictures(pictures: Mapping[str, bytes]) -> dict[str, dict[str, float]]:
    """The measures of TRACKED of JPEG files, at SIDE pixels; NaN where one is not defined. About 0.2 s a picture."""
    from PIL import Image

    from aesthetic_utils.measures.columns import measure

    found = {}
    for name, data in pictures.items():
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("RGB")
        scale = SIDE / max(picture.size)
        width, height = (max(1, round(scale * side)) for side in picture.size)
        picture = picture.resize((width, height))
        found[name] = measure(np.asarray(picture).transpose(2, 0, 1), list(TRACKED), failures={})
    return found


def tracked(scores: Mapping[str, float], measured: Measured) -> list[dict[str, Any]]:
    """The rank correlation of each measure with the scores, the strongest first; nothing for fewer than FEWEST pictures.

    scores: item -> its score. Each row has "measure", "value", "low", "high" and "n". The interval (Fisher's z) is over
    pictures: it says what other pictures of the kind might show, if these were drawn at random. A measure that is the
    same for all, or not defined for one of them, is left out.
    """
    from scipy.stats import spearmanr  # slow to import

    items = list(scores)
    rows = []
    for column, name in TRACKED.items():
        values = np.array([measured[item][column] for item in items])
        if len(items) < FEWEST or not np.isfinite(values).all() or np.ptp(values) == 0:
            continue
        liked = np.array([scores[item] for item in items])
        if np.ptp(liked) == 0:
            continue
        found = correlation_interval(float(spearmanr(values, liked).statistic), len(items))
        rows.append({"measure": name, "value": found.value, "low": found.low, "high": found.high, "n": found.n})  # fmt: skip
    return sorted(rows, key=lambda row: -abs(row["value"]))

"""How every measure is distributed over the pictures of this course, so that a value comes with its percentile.

    python -m tools.publish_reference             writes aesthetic_utils/results/reference_distributions.json
    python -m tools.publish_reference --limit 5   tries it on five pictures of each set, writes nothing

Takes about three minutes on one core. `aesthetic_utils.measures.reference.percentile` reads what is written.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence

import numpy as np
from torch import Tensor
from tqdm import tqdm

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji, load_photos
from aesthetic_utils.measures.columns import MEASURES, measure
from aesthetic_utils.measures.reference import QUANTILES, RECORD, digits
from aesthetic_utils.published.results import results_folder
from aesthetic_utils.storage import write_json
from tools.modes import refusal

DRAWING_SIDE = 64  # pixels, as stored


def distribution(values: np.ndarray) -> dict:
    """How many of the values [N] are defined, and their quantiles [101], if any is."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return {"n": 0}
    levels = np.quantile(defined, np.linspace(0, 1, QUANTILES))
    return {"n": len(defined), "quantiles": [digits(level) for level in levels]}


def distributions(images: Iterable[Tensor], what: str) -> dict[str, dict]:
    """Column -> its distribution over images, each uint8 [3, H, W]."""
    rows = [measure(image) for image in tqdm(images, desc=what, unit="image")]
    return {name: distribution(np.array([row[name] for row in rows])) for name in MEASURES}


def reference_sets(limit: int | None = None) -> dict[str, dict]:
    """The photographs and the held-out drawings; `limit` takes so many of each."""
    photographs = [photo.image for photo in load_photos("all")[:limit]]
    drawings = list(load_emoji("test", size=DRAWING_SIDE).images[:limit])
    return {
        "photographs": {
            "images": len(photographs),
            "source": "all embedded photographs of this course, at the stored size",
            "long_side": [end(max(image.shape[1:]) for image in photographs) for end in (min, max)],
            "measures": distributions(photographs, "photographs"),
        },
        "drawings": {
            "images": len(drawings),
            "source": "the embedded emoji of the split 'test', by five designers, at the stored size",
            "long_side": [DRAWING_SIDE, DRAWING_SIDE],
            "measures": distributions(drawings, "drawings"),
        },
    }


def write(sets: dict[str, dict]) -> None:
    """The record, with where the numbers come from."""
    record = {"name": RECORD} | runtime.describe_run() | {"sets": sets}
    write_json(results_folder() / f"{RECORD}.json", record, allow_nan=False)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, help="pictures of each set; nothing is written")
    options = parser.parse_args(arguments)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be at least 1")
    if options.limit:
        found = reference_sets(options.limit)
        print(
            json.dumps({name: one["measures"]["rms_contrast"]["n"] for name, one in found.items()})
        )
    elif reason := refusal():
        print(f"publish_reference: {reason}", file=sys.stderr)
        return 1
    else:
        write(reference_sets(runtime.by_mode(smoke=2, laptop=20, full=None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What more photographs are worth to a super-resolution network: one network, one number of steps, three sets of data.

    AESTHETIC_DATA=FOLDER python -m tools.publish_data_worth

FOLDER holds the pictures of T91 (in T91) and of BSDS500 (in BSDS500/train and BSDS500/test), which are free to use
for research and not to pass on, and Set5. The light network learns from the embedded photographs, from those two
sets, and from all of them, with the same steps, batches and seed. Writes
aesthetic_utils/results/super_resolution_data.json; weights are not kept. Half an hour on one core; checkpoints
lie in runs/super_resolution_data, and a run that was broken off goes on.
"""

import argparse
import sys
from dataclasses import asdict, replace
from pathlib import Path

from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.download import MissingDataError, data_root
from aesthetic_utils.data.photo_folder import read_photo_folder
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import checkpoint_path, run_folder
from aesthetic_utils.published.super_resolution import (
    SuperResolutionSettings,
    fastest_precision,
    settings_by_mode,
    train_super_resolution,
    training_photos,
)
from aesthetic_utils.published.super_resolution_tables import sr_metrics
from aesthetic_utils.training.patches import patch_pool
from aesthetic_utils.training.precision import run_precision
from tools.modes import NO_DATA, refusal

NAME, SEED = "super_resolution_data", 0
SETS = ("T91", "BSDS500/train", "BSDS500/test")
EMBEDDED, CLASSIC, ALL = "the embedded photographs", "T91 and BSDS500", "all of them"


def settings() -> SuperResolutionSettings:
    """The light network with few steps, the same on every machine."""
    small = {"patch": 16, "batch_size": 2, "steps": 2}
    usual = {
        "patch": 24,
        "batch_size": 16,
        "steps": runtime.by_mode(smoke=2, laptop=200, full=3_000),
    }
    return replace(
        settings_by_mode("x4 light"), **runtime.by_mode(smoke=small, laptop=usual, full=usual)
    )


def photographs() -> dict[str, list[Tensor]]:
    """The photographs of each set of data, uint8 [3, H, W]; in smoke mode embedded ones stand in for the others."""
    embedded = training_photos()
    least = settings().scale * settings().patch
    if runtime.run_mode() == "smoke":
        classic = [photo.flip(-1) for photo in embedded]
    else:
        folders = [data_root() / name for name in SETS]
        if missing := [str(folder) for folder in folders if not folder.is_dir()]:
            raise MissingDataError(
                f"the pictures of T91 and BSDS500 are not here: {', '.join(missing)}. Put them there, "
                "or set AESTHETIC_DATA to the folder that holds T91 and BSDS500"
            )
        read = [read_photo_folder(folder, copies=0, least=least) for folder in folders]
        classic = [image for each in read for image in each.images]
    return {EMBEDDED: embedded, CLASSIC: classic, ALL: embedded + classic}


def trained(photos: list[Tensor], name: str) -> dict[str, float]:
    """What the network scores that learned from these photographs: the means on test photographs and on Set5."""
    number = (EMBEDDED, CLASSIC, ALL).index(name)
    path = checkpoint_path(run_folder(Path("runs"), f"{NAME}_{number}", SEED))
    shape = settings()
    pool = patch_pool(photos, shape.scale, shape.patch, reject=shape.reject)
    precision = run_precision("auto", path, lambda: fastest_precision(shape))
    model, _ = train_super_resolution(shape, pool, seed=SEED, precision=precision, path=path)
    found = sr_metrics(model)
    return {of: found[of]["srresnet_psnr_y"] for of in ("test", "set5") if of in found}


def main() -> int:
    if reason := refusal():
        print(f"publish_data_worth: {reason}", file=sys.stderr)
        return 1
    try:
        sets = photographs()
    except MissingDataError as error:
        print(f"publish_data_worth: {error}", file=sys.stderr)
        return NO_DATA
    rows = []
    for name, photos in sets.items():
        pixels = sum(photo[0].numel() for photo in photos) / 1e6
        row = {"data": name, "photographs": len(photos), "megapixels": round(pixels, 1)}
        scores = trained(photos, name)
        rows.append(row | {of: {"mean": round(score, 4), "n": 1} for of, score in scores.items()})
    head = {"name": NAME} | runtime.describe_run() | {"seeds": [SEED]}
    write_result(NAME, head | {"settings": asdict(settings()), "rows": rows})
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())

"""How much do two trainings of one generator differ? The DCGAN of lesson 4.2, trained twice.

    python -m tools.publish_generator_seeds [--run-dir runs]

The table of generators has one training of each, so a reader has to know how far another one of the same network would
fall from it. The first seed is the published one; the other is trained here with the same settings, and both are judged in
the same way, with one draw of pictures each. Writes aesthetic_utils/results/generator_seeds.json; the new weights are
not kept. A quarter of an hour on one core; checkpoints and what was measured lie in the run folder, and a run that was broken off
goes on.
"""

import argparse
import sys
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.published.parts import kept, over_seeds
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.storage import file_digest
from aesthetic_utils.training.rulers import RULERS
from aesthetic_utils.training.weights import weights_info, weights_path
from tools.modes import refusal
from tools.publish_distances import ARTISTS, drawn, judged

NAME, GENERATOR = "generator_seeds", "gan_emoji"
SEEDS = (0, 1)


def weights_of(seed: int, run_dir: Path) -> Path:
    """The weights of one training, which is made if it is not the published one."""
    if seed == SEEDS[0]:
        return weights_path(GENERATOR)
    return Path(RUNS[GENERATOR](seed=seed, run_dir=run_dir)["file"])


def judgement(seed: int, run_dir: Path) -> dict[str, dict[str, float]]:
    """What the rulers say of one training: ruler -> measure -> number; kept in the run folder."""
    file, count = weights_of(seed, run_dir), runtime.by_mode(smoke=50, laptop=500, full=500)
    of = {
        "weights": file_digest(file),
        "n": count,
        "mode": runtime.run_mode(),
        "rulers": list(RULERS),
    }

    def judge() -> dict[str, dict[str, float]]:
        draw = ARTISTS[RUNS[GENERATOR].family](str(file)).draw
        found = judged(draw, drawn(), count, 1)["rulers"]
        return {ruler: {key: row[key]["mean"] for key in row} for ruler, row in found.items()}

    return kept(run_folder(run_dir, NAME, seed) / "judged.json", of, judge)


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_generator_seeds: {reason}", file=sys.stderr)
        return 1
    found = [judgement(seed, run_dir) for seed in SEEDS]
    rulers = {
        ruler: {
            key: over_seeds([each[ruler][key] for each in found])
            | {"values": [each[ruler][key] for each in found]}
            for key in measures
        }
        for ruler, measures in found[0].items()
    }
    source = {"weights": {name: weights_info(name)["sha256"] for name in (*RULERS, GENERATOR)}}
    head = {"name": NAME} | runtime.describe_run() | {"seeds": list(SEEDS), "source": source}
    write_result(NAME, head | {"generator": GENERATOR, "rulers": rulers})
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    sys.exit(main(parser.parse_args().run_dir))

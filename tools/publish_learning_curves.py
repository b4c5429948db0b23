"""How many drawings are enough? A classifier on a 64th to all of the drawings, in several ways.

    python -m tools.publish_learning_curves [--run-dir runs]

What is trained stands in aesthetic_utils/published/learning_curves.py. Each point is kept in the run folder, and a run that was
broken off goes on. Writes aesthetic_utils/results/learning_curves.json; weights are not kept. Some ten minutes on one core.
"""

import argparse
import sys
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.published import learning_curves
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal

NAME = "learning_curves"


def means(rows: list[dict]) -> dict[str, dict[str, float]]:
    """Accuracy by way and part, the mean over the seeds; keys such as "moved_longer" and "of_16"."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        way = row["way"].replace(",", "").replace(" ", "_")
        found.setdefault(way, {}).setdefault(f"of_{row['part']}", []).append(row["accuracy"])
    return {
        way: {part: round(sum(v) / len(v), 5) for part, v in parts.items()}
        for way, parts in found.items()
    }


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_learning_curves: {reason}", file=sys.stderr)
        return 1
    rows = learning_curves.rows(run_folder(run_dir, NAME, 0))
    bodies = learning_curves.BODIES.values()
    write_result(NAME, {
        "name": NAME, **runtime.describe_run(), "n": len(learning_curves.drawings("test")),
        "seeds": list(learning_curves.SEEDS),
        "source": {"weights": {name: weights_info(name)["sha256"] for name in bodies}},
        "minutes": round(sum(row["processor_seconds"] for row in rows) / 60, 1),
        "means": means(rows), "rows": rows,
    })  # fmt: skip
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    options = parser.parse_args()
    sys.exit(main(options.run_dir))

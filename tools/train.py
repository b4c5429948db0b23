"""Train and publish the runs whose weights and results are committed.

    python tools/train.py                          # all of them; on a CPU this takes many hours
    python tools/train.py srresnet_x4 --minutes 60

Every run resumes from its checkpoint in runs/NAME/seed_N, in the number format it began with, so it can
be stopped (Ctrl-C saves) and started. Set AESTHETIC_MODE=full where there is no GPU; other modes are
refused, because their weights are toys.
"""

import argparse
import sys
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.precision import AUTO, NAMES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(RUNS)}; all without a name")
    parser.add_argument("--minutes", type=float, help="stop each seed of a run after so long")
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    parser.add_argument("--precision", choices=NAMES, default=AUTO, help="number format (auto)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in RUNS]
    if unknown:
        parser.error(f"no run {unknown[0]!r}; there are {', '.join(RUNS)}")
    if runtime.run_mode() != "full":
        sys.exit("published weights come from full runs: set AESTHETIC_MODE=full")
    runtime.keep_freed_memory()
    for name in options.names or RUNS:
        try:
            result = RUNS[name].publish(options.run_dir, options.minutes, options.precision)
        except AestheticError as error:
            sys.exit(f"train: {error}")
        print(name, {k: v for k, v in result["metrics"].items() if isinstance(v, dict)})


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the run has said where its checkpoint is

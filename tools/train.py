"""Train and publish the runs whose weights and results are committed.

    python -m tools.train                          # all of them; on a CPU this takes many hours
    python -m tools.train srresnet_x4 --minutes 60

Every run resumes from its checkpoint in runs/NAME/seed_N, in the number format it began with, so it can
be stopped (Ctrl-C saves) and started. Set AESTHETIC_MODE=full where there is no GPU; other modes are
refused, because their weights are toys, but in a copy of the repository that is not under version control.
`python -m tools.results` makes runs and all other records in their order, those that are not up to date.
"""

import argparse
import sys
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.models.lite import MissingPackageError
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.precision import AUTO, NAMES
from tools.modes import NO_DATA, refusal


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(RUNS)}; all without a name")
    parser.add_argument("--minutes", type=float, help="stop each seed of a run after so long")
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    parser.add_argument("--photos", type=Path, help="photographs for the runs that take them")
    parser.add_argument(
        "--start", type=Path, help="weights with which the runs begin that take them"
    )
    parser.add_argument("--precision", choices=NAMES, default=AUTO, help="number format (auto)")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in RUNS]
    if unknown:
        parser.error(f"no run {unknown[0]!r}; there are {', '.join(RUNS)}")
    if reason := refusal():
        sys.exit(f"train: {reason}")
    runtime.keep_freed_memory()
    for name in options.names or RUNS:
        run = RUNS[name]
        given = {"photos": options.photos, "start": options.start}
        chosen = {key: value for key, value in given.items() if value and key in run.takes}
        try:
            result = run.publish(options.run_dir, options.minutes, options.precision, **chosen)
        except AestheticError as error:
            print(f"train: {error}", file=sys.stderr)
            return NO_DATA if isinstance(error, MissingDataError | MissingPackageError) else 1
        print(name, {k: v for k, v in result["metrics"].items() if isinstance(v, dict)})
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # the run has said where its checkpoint is

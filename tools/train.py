"""Train and publish the runs whose weights and results are committed.

    python tools/train.py                          # all of them; on a CPU this takes many hours
    python tools/train.py srresnet_x4 --minutes 60

Every run resumes from its checkpoint in runs/, so it can be stopped and started. Set
AESTHETIC_MODE=full where there is no GPU; other modes are refused, because their weights are toys.
"""

import argparse
import sys
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.training.gan import BROKEN
from aesthetic_utils.training.runs import publish_cnn, publish_one

NAMES = [
    "cnn_emoji_category",
    "cnn_emoji_designer",
    "cnn_cifar10",
    "gan_emoji",
    *(f"gan_{name.replace(' ', '_')}" for name in BROKEN),
    "srresnet_x4",
    "srresnet_restore",
    "srgan_x4",  # learns on from srresnet_x4
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all without a name")
    parser.add_argument("--minutes", type=float, help="stop each GAN or SRResNet run after so long")
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no run {unknown[0]!r}; there are {', '.join(NAMES)}")
    if runtime.run_mode() != "full":
        sys.exit("published weights come from full runs: set AESTHETIC_MODE=full")
    runtime.keep_freed_memory()
    for name in options.names or NAMES:
        if name.startswith("cnn_"):
            result = publish_cnn(name, options.run_dir)
        else:
            result = publish_one(name, options.run_dir, minutes=options.minutes)
        print(name, {k: v for k, v in result["metrics"].items() if isinstance(v, dict)})


if __name__ == "__main__":
    main()

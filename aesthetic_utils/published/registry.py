"""The one list of published runs: the command `aesthetic train`, the tools, lessons and tests read it."""

from aesthetic_utils.published import (
    cnn,
    convnet,
    flow,
    gan,
    locality,
    resnet,
    srgan,
    style,
    stylegan2,
    super_resolution,
    transfer,
)
from aesthetic_utils.published.run import PublishedRun

# in an order in which each finds what it starts from
FAMILIES = (
    cnn,
    convnet,
    resnet,
    gan,
    stylegan2,
    flow,
    super_resolution,
    srgan,
    style,
    transfer,
    locality,
)
RUNS: dict[str, PublishedRun] = {run.name: run for family in FAMILIES for run in family.RUNS}
SHORT_NAMES = {run.short: name for name, run in RUNS.items() if run.short}

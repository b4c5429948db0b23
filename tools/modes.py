"""What the tools that publish have in common: records and weights that are published come from full runs.

Imported by other tools. To try one in another mode: `AESTHETIC_MODE=smoke python -m tools.results`, which works in a
copy of the repository.
"""

from pathlib import Path

from aesthetic_utils import runtime

ROOT = Path(__file__).resolve().parent.parent
NO_DATA = 3  # exit code of a tool whose data are not on this machine


def refusal() -> str | None:
    """Why nothing may be published here in this mode; None if it may: in full mode, and in a copy without .git."""
    mode = runtime.run_mode()
    if mode == "full" or not (ROOT / ".git").exists():
        return None
    return (
        f"what is published comes from full runs, and this is {mode} mode: set AESTHETIC_MODE=full; "
        "to try it: AESTHETIC_MODE=smoke python -m tools.results"
    )

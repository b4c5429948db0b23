"""`python -m aesthetic_utils.cli`, the same as `aesthetic`."""

import sys

from aesthetic_utils.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

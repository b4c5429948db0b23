"""`python -m aesthetic_utils.cli`, the same as `aesthetic`."""

import sys

from aesthetic_utils.cli.main import main

sys.exit(main())

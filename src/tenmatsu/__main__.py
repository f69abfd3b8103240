"""`python -m tenmatsu`."""

import sys

from tenmatsu.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

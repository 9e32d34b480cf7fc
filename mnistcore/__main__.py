"""`python -m mnistcore` is the command line."""

import sys

from mnistcore.cli import main

if __name__ == "__main__":
    sys.exit(main())

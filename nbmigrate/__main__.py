"""`python -m nbmigrate` is the `nbmigrate` command."""

import sys

from nbmigrate.cli import main

sys.exit(main())

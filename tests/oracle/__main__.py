"""`python -m tests.oracle --examples 50000`: compares with alembic at length, and prints every disagreement."""

import argparse
import random
import sys
from pathlib import Path

from tests.oracle.comparison import Comparison, comparing, find_python
from tests.oracle.examples import VERBS
from tests.oracle.outcomes import Peer

CHUNK = 500


def main() -> int:
    """Compare, print what was found, and return 1 if anything disagrees."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--examples", type=int, default=50_000, help="how many commands to compare")
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=list(VERBS))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(
        "--python", type=Path, help="the Python of alembic's environment; that of the tests if not given"
    )
    options = parser.parse_args()
    python = options.python or find_python()
    if python is None:
        parser.error(
            "run `pytest tests/oracle` once, which makes an environment for alembic, or give --python"
        )
    print(f"seed {options.seed}")
    peer = Peer(python, str(options.seed % 2**32))
    comparison = Comparison(peer)
    number = options.seed
    while comparison.compared.total() < options.examples:
        told = len(comparison.disagreements)
        comparing(comparison, CHUNK, number, options.verbs)()
        for text in comparison.disagreements[told:]:
            print(f"\n{text}", flush=True)
        number += 1
    peer.close()
    print(f"\n{comparison.compared.total()} commands compared: ", end="")
    print(", ".join(f"{count} {verb}" for verb, count in sorted(comparison.compared.items())))
    print(f"{comparison.cases.total()} accepted differences:")
    for name, count in comparison.cases.most_common():
        print(f"{count:7} {name}")
    print(f"{len(comparison.disagreements)} disagreements")
    return 1 if comparison.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())

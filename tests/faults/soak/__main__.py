"""`python -m tests.faults.soak --seed N --minutes M [--records postgresql|sqlite]`; ends with 1 on a violation."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults.soak.run import Plan, soak
from tests.plugins.postgres import server

MINUTE = 60.0


def main(arguments: list[str]) -> int:
    """Run and print; 1 when a promise was broken: logs and records are then kept."""
    wanted = _parsed(arguments)
    _say(f"seed {wanted.seed}, {wanted.minutes:g} minutes, records in {wanted.records}")
    home = Path(tempfile.mkdtemp(prefix="greenlane-soak-"))
    with ExitStack() as held:
        postgres = held.enter_context(server()) if wanted.records == "postgresql" else None
        report = asyncio.run(soak(Plan(wanted.seed, wanted.minutes * MINUTE), home, postgres))
    _say(*report.lines())
    if report.violations:
        _say(f"logs are in {home}")
        return 1
    shutil.rmtree(home)
    return 0


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--records", choices=("postgresql", "sqlite"), default="postgresql")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

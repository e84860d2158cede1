"""`standby_worker.py worker`: `greenlane worker`, ready to take over at once: it waits until a file of the home says so.

A process takes seconds to start; here they pass while another worker is on its way to its death.
"""

import asyncio
import time
from pathlib import Path

from models.settings import Settings
from workflows.worker import run_worker

GO = "go"
EVERY_SECONDS = 0.02


def main() -> None:
    """Wait, then run until it is killed."""
    settings = Settings()
    while not (Path(settings.home) / GO).exists():
        time.sleep(EVERY_SECONDS)
    asyncio.run(run_worker(settings))


if __name__ == "__main__":
    main()

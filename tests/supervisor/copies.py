"""A whole copy of Greenlane on a home of its own, run as a person would."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from api.supervisor.home import read_facts
from tests.supervisor.processes import family, kill_all, wait_until

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


class Copy:
    """`greenlane up|demo` in a process of its own; leaving the block kills whatever is left."""

    def __init__(self, home: Path, port: int, command: str = "up") -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GREENLANE_")}
        self.home, self.port = home, port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", command],
            cwd=ROOT,
            env=kept | {"GREENLANE_HOME": str(home), "GREENLANE_HTTP_PORT": str(port), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._seen: set[int] = set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill_all(self.pids() | self._seen if self.process.poll() is None else self._seen)
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return "".join(self.lines)

    def until(self, text: str, seconds: float = START_SECONDS) -> None:
        """Wait for a text on the terminal."""

        def look() -> bool:
            assert text in self.output or self.process.poll() is None, self.output
            return text in self.output

        wait_until(look, seconds, f"{text!r} in {self.output!r}")

    def until_ready(self) -> Self:
        """Wait for the address."""
        self.until("is ready: ")
        return self

    def child(self, name: str) -> int:
        """Process id of one child."""
        children = read_facts(self.home / "run.json")["children"]
        assert isinstance(children, dict)
        return int(children[name])

    def pids(self) -> set[int]:
        """The supervisor and everything below it, remembered for the clean-up."""
        found = family(self.process.pid)
        self._seen |= found
        return found

"""What a benchmark found: ratios beside their goals, in a table and in `bench/results.json`."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results.json"


@dataclass
class Ratio:
    """One ratio over several rounds; `at_least` says which side of the goal is good."""

    name: str
    goal: float
    at_least: bool
    rounds: list[float]
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def reached(self) -> bool:
        """Whether the median reaches the goal."""
        return self.value >= self.goal if self.at_least else self.value <= self.goal


def write(ratios: Sequence[Ratio]) -> None:
    """Keep the results with the machine they were measured on."""
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()},
        "ratios": [{**asdict(ratio), "value": ratio.value, "reached": ratio.reached} for ratio in ratios],
    }
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


def show(ratios: Sequence[Ratio]) -> None:
    """Print the table."""
    table = Table("ratio", "median", "range", "goal", "reached", "detail")
    for ratio in ratios:
        spread = f"{min(ratio.rounds):.2f} - {max(ratio.rounds):.2f}"
        goal = f"{'>=' if ratio.at_least else '<='} {ratio.goal:g}"
        detail = ", ".join(f"{key} {value}" for key, value in ratio.detail.items())
        table.add_row(ratio.name, f"{ratio.value:.2f}", spread, goal, "yes" if ratio.reached else "no", detail)
    Console(width=160).print(table)
    load = os.getloadavg()[0]
    Console().print(f"load average {load:.1f} on {os.cpu_count()} cores; a busy machine widens the ranges")

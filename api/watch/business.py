"""The programme's own figures, read from the records at each scrape: the same whichever process answers.

A record database that is away is a figure as well: `greenlane_records_up` 0, and nothing else.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from models.rules.calendar import ONE_DAY, instant, local_date
from models.services import batches, evaluation_jobs, importing, ops_bulk, releases
from models.services.reconcile import runs
from models.stores.figures import Counts, FigureStore

KEPT_SECONDS = 5.0
"""Two scrapers and a person with curl cost the records no more than one."""


JOB_KINDS = tuple(room.JOB_KIND for room in (batches, evaluation_jobs, importing, ops_bulk, releases, runs))


class BusinessCollector(Collector):
    """Collects from the records of one copy."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._kept: list[Metric] = []
        self._until = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known without asking the records at registration."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every figure, at most five seconds old."""
        if time.monotonic() >= self._until:
            self._kept = self._read()
            self._until = time.monotonic() + KEPT_SECONDS
        return self._kept

    def _read(self) -> list[Metric]:
        try:
            with self.database.read() as session:
                return [_gauge("records_up", "1 while the record database answers.", 1), *figures(FigureStore(session))]
        except SQLAlchemyError:
            return [_gauge("records_up", "1 while the record database answers.", 0)]


def figures(store: FigureStore) -> Iterator[Metric]:
    """Every figure of the records; ages are in seconds, 0 where nothing waits, and infinite for a worker never seen."""
    now = datetime.now(UTC)
    day_end = instant(local_date(now) + ONE_DAY, 0)
    yield _counted(GaugeMetricFamily, "cases_open", "Running cases.", ("kind", "stage"), store.open_cases())
    tasks = store.open_tasks(now, day_end)
    yield _counted(GaugeMetricFamily, "tasks_open", "Open tasks by what time is left.", ("kind", "standing"), tasks)
    yield _gauge("task_overdue_seconds", "Age of the oldest overdue task.", _age(store.oldest_overdue(), now))
    yield _counted(CounterMetricFamily, "acts", "Acts accepted.", ("act", "verdict"), store.decisions())
    yield _counted(CounterMetricFamily, "alarms", "Reminders, breaches, escalations.", ("kind",), store.alarms())
    yield _counted(GaugeMetricFamily, "deliveries", "Messages.", ("channel", "state"), store.deliveries())
    yield _counted(
        GaugeMetricFamily, "jobs", "Imports, evaluations, batches.", ("kind", "state"), store.jobs(JOB_KINDS)
    )
    yield _gauge("drift_rows", "Differences between records and engine left standing.", store.drift(runs.JOB_KIND))
    waiting, oldest = store.unanswered()
    yield _gauge("requests_unanswered", "Requests whose outcome is not known.", waiting)
    yield _gauge("request_unanswered_seconds", "Age of the oldest of them.", _age(oldest, now))
    beat = store.newest_beat()
    silent = math.inf if beat is None else _age(beat, now)
    yield _gauge("worker_silent_seconds", "Since the last sign of life of a worker.", silent)
    yield _gauge("audit_entries", "Number of the newest audit entry.", store.audit_entries())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"greenlane_{name}", text, value=value)


def _counted(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    text: str,
    labels: Sequence[str],
    counts: Counts,
) -> Metric:
    found = family(f"greenlane_{name}", text, labels=labels)
    for values, number in sorted(counts.items()):
        found.add_metric(values, number)
    return found


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())

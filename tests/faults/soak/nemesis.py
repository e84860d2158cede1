"""Kills what runs, at instants and in an order that the seed decides, and lets it be started again."""

import asyncio
from collections import Counter
from random import Random

from tests.faults.soak.site import API, ENGINE, RECORDS, Site

DOWN_SECONDS = 1.5
"""The longest that something lies dead before it is started again."""

CALM = 0.7
"""How often everything is up again before the next kill; else it meets a service that is still coming up."""


class Nemesis:
    """Kills one of the site's processes every few seconds."""

    def __init__(self, site: Site, seed: int, every: tuple[float, float]) -> None:
        self.kills: Counter[str] = Counter()
        self._site, self._every = site, every
        self._chance = Random(f"{seed}:nemesis")
        # Workers most often: they hold what is half done.
        self._victims = [*site.names * (4 // len(site.names)), API, ENGINE, ENGINE]
        self._victims += [RECORDS] if site.postgres else []

    async def rage(self, kills: int | None) -> None:
        """So many kills, or for ever."""
        while kills is None or self.kills.total() < kills:
            await asyncio.sleep(self._chance.uniform(*self._every))
            victim = self._chance.choice(self._victims)
            self._site.kill(victim)
            self.kills[victim.partition("-")[0]] += 1
            await asyncio.sleep(self._chance.uniform(0, DOWN_SECONDS))
            await self._site.mend()
            if self._chance.random() < CALM:
                await self._site.ready()

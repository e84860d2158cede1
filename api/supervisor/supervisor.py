"""Starts the children in order, keeps them running, stops them in reverse order.

Before everything was ready once, a child that ends stops the whole start with its last log lines. Afterwards it
is started again with growing delays: state is in the databases, so a new process carries on.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from api.supervisor.child import Child, ChildEndedError, ChildSpec
from api.supervisor.errors import StartError
from api.supervisor.home import write_facts

START_SECONDS = 90.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """One run of a copy. `say` writes one line to the person at the terminal."""

    def __init__(
        self,
        specs: list[ChildSpec],
        home: Path,
        *,
        say: Callable[[str], None],
        prepare_engine: Callable[[], Awaitable[None]],
        facts: dict[str, str],
    ) -> None:
        self._children = [Child(spec, home) for spec in specs]
        self._home = home
        self._say = say
        self._prepare_engine = prepare_engine
        self._facts = facts
        self._stop = asyncio.Event()

    async def run(self, *, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP. Raises StartError when the start fails; nothing is left running."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        try:
            if await self._unless_stopped(self._start_all()):
                on_ready()
                await self._keep_all()
        finally:
            on_stop()
            await self._stop_all()
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        if self._stop.is_set():  # asked twice: no more patience
            for child in self._children:
                child.kill()
        self._stop.set()

    async def _unless_stopped(self, work: Coroutine[object, object, None]) -> bool:
        """Do the work; False when a signal ended it first."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if self._stop.is_set():
                return False
            await task
            return True
        finally:
            task.cancel()
            stop.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    async def _start_all(self) -> None:
        """The engine first; worker and API together, as the API is ready only with a worker."""
        engine = [child for child in self._children if child.spec.name == "temporal"]
        rest = [child for child in self._children if child.spec.name != "temporal"]
        try:
            for group in (engine, rest):
                for child in group:
                    await child.start()
                self._remember()
                await self._all_ready(group)
                if group is engine and engine:
                    await self._prepare_engine()
        except ChildEndedError as error:
            raise StartError(f"{error}; its log is in {self._home / 'log'}", detail=error.tail) from error

    @staticmethod
    async def _all_ready(group: list[Child]) -> None:
        tasks = [asyncio.create_task(child.wait_ready(START_SECONDS)) for child in group]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _keep_all(self) -> None:
        keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        await asyncio.wait({*keepers, asyncio.create_task(self._stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
        for keeper in keepers:
            keeper.cancel()
        for result in await asyncio.gather(*keepers, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _keep(self, child: Child) -> None:
        """Start one child again whenever it ends."""
        while True:
            await child.wait_end()
            delay = child.next_delay()
            self._say(f"{child.spec.name} {child.ending()}; starting it again in {delay:g} s\n{child.tail()}")
            await asyncio.sleep(delay)
            await child.start()
            self._remember()
            try:
                await child.wait_ready(START_SECONDS)
                if child.spec.name == "temporal":
                    await self._prepare_engine()
                self._say(f"{child.spec.name} is back")
            except (ChildEndedError, TimeoutError) as error:
                self._say(str(error))  # ended: started again by the next round; slow: left to go on

    def _remember(self) -> None:
        """Who runs, for operators and tests: `{home}/run.json`."""
        pids = {child.spec.name: child.pid for child in self._children}
        write_facts(self._home / "run.json", {"pid": os.getpid(), "children": pids, **self._facts})

    async def _stop_all(self) -> None:
        for child in reversed(self._children):
            await child.stop()
        (self._home / "run.json").unlink(missing_ok=True)

"""The sandbox as one object: its parts, and the one task that moves time on."""

import asyncio

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.limits import Limits
from sandbox.live import Live
from sandbox.log import Log
from sandbox.media import Store
from sandbox.options import Options
from sandbox.records import Template
from sandbox.resumable import Uploads
from sandbox.rise import Rises
from sandbox.sends import Sends
from sandbox.statuses import Statuses
from sandbox.template_life import Lives
from sandbox.template_text import Shape
from sandbox.usage import Usage
from sandbox.webhooks import Webhooks
from sandbox.world import World

FLUSH_EVERY = 0.05
# Looking more often than this would only make smaller batches.
SHORTEST_STEP = 0.01
LONGEST_STEP = 1.0


class Sandbox:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.journal = Journal(options.state)
        self.world = World(self.journal, self.clock)
        self.log = Log()
        self.live = Live()
        self.media = Store(self.world, self.clock, options)
        self.faults = Faults()
        self.usage = Usage()
        self.sends = Sends()
        self.uploads = Uploads()
        self.limits = Limits(self.world)
        self.webhooks = Webhooks(self.world, options, self.log, self.live)
        self.statuses = Statuses(self.world, self.webhooks, self.live)
        self.rises = Rises(self)
        self.lives = Lives(self)
        self.shapes: dict[tuple[str, str, str], tuple[Template, Shape]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._move()), loop.create_task(self._flush())]

    async def _move(self) -> None:
        wake = self.webhooks.wake
        while True:
            wake.clear()
            now = self.clock.now()
            self.rises.step(now)
            self.lives.step(now)
            wait = min(self.statuses.step(now), self.webhooks.step(now), LONGEST_STEP)
            if wait > SHORTEST_STEP:
                try:
                    await asyncio.wait_for(wake.wait(), wait)
                except TimeoutError:
                    continue
            await asyncio.sleep(SHORTEST_STEP)

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY)
            self.journal.flush()

    def move_clock(self, change: float) -> None:
        """After the clock was moved by `change` seconds."""
        if change < 0:
            self.statuses.shift(change)
            self.webhooks.shift(change)
        self.world.save_settings()
        self.lives.changed()
        self.webhooks.wake.set()
        self.live.changed()

    def reset(self) -> None:
        self.webhooks.clear()
        self.statuses.clear()
        self.limits.clear()
        self.faults.clear()
        self.usage.clear()
        self.sends.clear()
        self.uploads.clear()
        self.rises.clear()
        self.lives.clear()
        self.shapes.clear()
        self.log.lines.clear()
        self.media.clear()
        self.world.reset()
        self.live.changed()

    def stop(self) -> None:
        """Ends what would keep connections open."""
        self.live.stop()
        self.faults.unhang()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.webhooks.close()
        self.journal.close()

"""The open pages: which sockets belong to which sign-in, so that ending one closes the other.

Every second one query asks which of the connected sign-ins are still good, whichever process or
command ended them; the rest are sent to the sign-in page.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection

LOG = logging.getLogger("crm.web")
LOOK_EVERY = 1.0  # seconds


class LiveSockets:
    """The sockets of this process, by session id. All methods run on the event loop."""

    def __init__(self) -> None:
        self._ended: defaultdict[int, set[asyncio.Event]] = defaultdict(set)

    def join(self, session_id: int) -> asyncio.Event:
        """The event that is set when this sign-in has ended."""
        event = asyncio.Event()
        self._ended[session_id].add(event)
        return event

    def leave(self, session_id: int, event: asyncio.Event) -> None:
        self._ended[session_id].discard(event)
        if not self._ended[session_id]:
            del self._ended[session_id]

    def ids(self) -> list[int]:
        return list(self._ended)

    def end(self, session_ids: Collection[int]) -> None:
        """Tell every socket of these sign-ins to close."""
        for session_id in session_ids:
            for event in self._ended.get(session_id, ()):
                event.set()

    async def watch(self, still_live: Callable[[Collection[int]], set[int]]) -> None:
        """Run for ever; a database that does not answer closes nothing (each page run asks itself)."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            ids = self.ids()
            if not ids:
                continue
            try:
                live = await asyncio.to_thread(still_live, ids)
            except Exception:
                LOG.exception("could not ask which sign-ins are still good")
                continue
            self.end(set(ids) - live)

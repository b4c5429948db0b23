"""How often somebody may ask."""

import threading
import time
from collections.abc import Callable

KEPT = 10_000  # askers that are remembered; whoever has a full bucket is forgotten first


class Limiter:
    """A bucket for each asker: `burst` at once, and `rate` more a second."""

    def __init__(
        self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.burst, self._clock = rate, burst, clock
        self._left: dict[str, tuple[float, float]] = {}  # asker -> what is left, and when that was
        self._lock = threading.Lock()

    def allows(self, asker: str) -> bool:
        """Whether this one may ask now; if so it counts."""
        with self._lock:
            now = self._clock()
            left, then = self._left.get(asker, (float(self.burst), now))
            left = min(self.burst, left + (now - then) * self.rate)
            allowed = left >= 1
            self._left[asker] = (left - allowed, now)
            if len(self._left) > KEPT:
                self._forget(now)
            return allowed

    def _forget(self, now: float) -> None:
        full_after = self.burst / self.rate
        kept = {
            asker: (left, then)
            for asker, (left, then) in self._left.items()
            if now - then < full_after
        }
        self._left = kept if len(kept) <= KEPT else {}

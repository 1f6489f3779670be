"""Ctrl-C and SIGTERM: a fit in progress saves its state first; everything else stops at once."""

import signal
import sys
import time
from types import FrameType
from typing import Any

GRACE = 30.0
"""Seconds that a fit has to come to its next step, once it was asked to stop."""


AGAIN = 0.05
"""Seconds until a stop is raised again that a library's callback could not pass on."""


class Interrupted(BaseException):
    """The user or the system asked to stop; nothing may catch it but the edge of the program."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Interrupts:
    """Turns signals into `Interrupted`, now or after the next checkpoint."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self._last_offer = 0.0
        self._gap = 0.0
        self._before: dict[int, Any] = {}
        self._hook: Any = None

    def listen(self) -> None:
        """Take over SIGINT and SIGTERM for this process."""
        self.asked, self._last_offer = None, 0.0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            self._before.setdefault(number, signal.signal(number, self._handle))
        if self._hook is None:
            self._hook, sys.unraisablehook = sys.unraisablehook, self._swallowed

    def release(self) -> None:
        """Give the signals back to whoever had them."""
        while self._before:
            signal.signal(*self._before.popitem())
        if self._hook is not None:
            sys.unraisablehook, self._hook = self._hook, None

    def offered(self) -> bool:
        """A checkpoint was offered; True if the run is to stop and should save now."""
        now = time.monotonic()
        self._gap, self._last_offer = now - self._last_offer, now
        return self.asked is not None

    def saved(self) -> None:
        """A checkpoint was saved: stop here if that was asked for."""
        if self.asked is not None:
            signal.alarm(0)
            raise Interrupted(128 + self.asked)

    def _swallowed(self, problem: Any) -> None:
        """What Python cannot raise where it happened, as in a compiler's callback: if it is ours, again."""
        if isinstance(problem.exc_value, Interrupted):
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
        else:
            self._hook(problem)

    def _handle(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.asked is not None:
            raise Interrupted(128 + self.asked)
        self.asked = number
        stepping = time.monotonic() - self._last_offer < max(5.0, 3 * min(self._gap, GRACE))
        if not stepping:
            raise Interrupted(128 + number)
        signal.alarm(int(GRACE))


interrupts = Interrupts()
"""The one listener of the process."""

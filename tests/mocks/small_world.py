"""A mock: one host with guests, as a hypervisor would show them; its own record of events is the truth.

Every request is a line appended to one file, and every state follows from the lines and the time. So it
survives whoever acts on it, as a real hypervisor does. Times are fractions of a second.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tenmatsu.errors import NoConnection
from tenmatsu.model.plan import Action, PlannedStep
from tenmatsu.model.words import plain
from tenmatsu.recover.runner import Refused, Sighted

DOWN_SECONDS, UP_SECONDS, SERVICE_SECONDS, HOST_SECONDS = 0.02, 0.02, 0.03, 0.05


class Line(NamedTuple):
    """One line of the record: when, what was asked of whom, and whether it was taken."""

    time: float
    what: str
    who: str
    taken: bool


class World:
    """The host and its guests. Acts as the runner's actor; `stubborn` guests ignore a clean shut-down."""

    def __init__(self, folder: Path, guests: tuple[str, ...], *, stubborn: tuple[str, ...] = ()) -> None:
        self._record = folder / "record"
        self._guests = guests
        self._stubborn = stubborn
        self.cut: Callable[[], bool] = lambda: False

    def look(self, step: PlannedStep) -> Sighted:
        """Return whether the component is on, and the host's boot as its mark."""
        self._check_line()
        lines, now = self.lines(), time.monotonic()
        booted = self._booted(lines, now)
        if step.component in self._guests:
            return Sighted(state="on" if self._is_on(step.component, lines, now) else "off")
        if booted is None:
            raise NoConnection(step.component, plain("it restarts"), permanent=False)
        on = any(self._is_on(guest, lines, now) for guest in self._guests)
        if step.action is Action.RESTART_HOST and step.expect_before == "no guest on":
            return Sighted(
                state="on" if booted else ("a guest on" if on else "no guest on"), mark=str(booted)
            )
        return Sighted(state="on", mark=str(booted))

    def act(self, step: PlannedStep, *, force: bool) -> None:
        """Take the request down in the record; refuse what a hypervisor would refuse."""
        self._check_line()
        if step.action in (Action.CHECK_ACCESS, Action.COLLECT, Action.PROVE):
            self._append(step.action.value, step.component, taken=True)
            return
        lines, now = self.lines(), time.monotonic()
        if self._booted(lines, now) is None:
            raise NoConnection(step.component, plain("it restarts"), permanent=False)
        on = step.component in self._guests and self._is_on(step.component, lines, now)
        wrong = {Action.START: on, Action.SHUT_DOWN: not on}.get(step.action, False)
        what = "switch_off" if force and step.action is Action.SHUT_DOWN else step.action.value
        self._append(what, step.component, taken=not wrong)
        if wrong:
            raise Refused(plain("wrong state"))

    def is_ready(self, step: PlannedStep) -> bool:
        """Tell whether a guest's services answer: a little after it is on."""
        started = [one.time for one in self.lines() if one.what == "start" and one.who == step.component]
        return bool(started) and time.monotonic() - started[-1] > UP_SECONDS + SERVICE_SECONDS

    def symptom_is_back(self, step: PlannedStep) -> bool:
        """Tell that it is not."""
        return False

    def lines(self) -> list[Line]:
        """Return the record."""
        try:
            text = self._record.read_text("ascii")
        except FileNotFoundError:
            return []
        rows = (row.split() for row in text.splitlines())
        return [Line(float(at), what, who, taken == "taken") for at, what, who, taken in rows]

    def _append(self, what: str, who: str, *, taken: bool) -> None:
        row = f"{time.monotonic():.6f} {what} {who} {'taken' if taken else 'refused'}\n"
        descriptor = os.open(self._record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            os.write(descriptor, row.encode())
        finally:
            os.close(descriptor)

    def _is_on(self, guest: str, lines: list[Line], now: float) -> bool:
        on = True
        for line in lines:
            if line.what == "restart_host" and line.taken:
                on = False  # what ran is gone
            if line.who != guest or not line.taken:
                continue
            if line.what == "shut_down" and guest not in self._stubborn:
                on = now < line.time + DOWN_SECONDS
            elif line.what == "switch_off":
                on = False
            elif line.what == "start":
                on = now >= line.time + UP_SECONDS
        return on

    def _booted(self, lines: list[Line], now: float) -> int | None:
        """Return which boot this is, counted from 0; None while the host restarts."""
        restarts = [line.time for line in lines if line.what == "restart_host" and line.taken]
        if restarts and now < restarts[-1] + HOST_SECONDS:
            return None
        return len(restarts)

    def _check_line(self) -> None:
        if self.cut():
            raise NoConnection("world", plain("the line is cut"), permanent=False)

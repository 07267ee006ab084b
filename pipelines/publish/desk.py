"""Where commands arrive: judged, handed on, counted and answered, whatever their bytes are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic_core import from_json

from pipelines.publish.commands import (
    COMMANDS,
    CORRELATION_LENGTH,
    MAX_COMMAND_BYTES,
    Command,
    CommandResult,
    CommandStatus,
    RulePart,
)
from pipelines.publish.compose import rfc3339
from pipelines.publish.states import CommandCounters
from pipelines.publish.topics import slug
from recognition.hysteresis import ActionRule
from settings.strict_yaml import dotted, suggestion

REASON_LENGTH = 400
"""Characters of a reason: it may quote what came."""

Rules = Mapping[str, ActionRule]


class RefusedError(Exception):
    """A command that is well written and cannot be done; says why."""


class Done(Protocol):
    """Called once, on any thread, when a command was done, or could not be after all."""

    def __call__(self, rules: Rules | None = None, *, refused: str | None = None) -> None:
        """rules: those that apply now. refused: why it was not done."""


Handler = Callable[[Any, Done], None]
"""Does one verb: takes its ``args``, and calls ``Done``. Raises RefusedError where it cannot."""


class Desk:
    """Takes commands on the network thread; ``answer`` is called with a verb and its result.

    Handlers may be named later than the first command comes.
    """

    def __init__(self, answer: Callable[[str, CommandResult], None]) -> None:
        self.handlers: dict[str, Handler] = {}
        self._answer = answer
        self._done = self._rejected = 0
        self._lock = threading.Lock()

    @property
    def counters(self) -> CommandCounters:
        """What became of the commands so far."""
        return CommandCounters(done=self._done, rejected=self._rejected)

    def take(self, verb: str, payload: bytes, *, retained: bool) -> None:
        """Take a message of a command topic. Never raises for what it holds."""
        level, correlation_id = slug(verb), None
        try:
            loaded = _read(verb, payload, retained=retained)
            correlation_id = _correlation_id(loaded)
            command = _validated(verb, loaded)
            handler = self.handlers.get(verb)
            if handler is None:
                raise RefusedError("the node is still starting; send it again")
            handler(command.args, self._settler(level, correlation_id))
        except RefusedError as refusal:
            self._settle(level, correlation_id, refused=str(refusal))

    def _settler(self, verb: str, correlation_id: str | None) -> Done:
        def done(rules: Rules | None = None, *, refused: str | None = None) -> None:
            self._settle(verb, correlation_id, rules, refused=refused)

        return done

    def _settle(
        self,
        verb: str,
        correlation_id: str | None,
        rules: Rules | None = None,
        *,
        refused: str | None = None,
    ) -> None:
        status: CommandStatus = "done" if refused is None else "rejected"
        with self._lock:
            self._done += status == "done"
            self._rejected += status == "rejected"
        result = CommandResult(
            time=rfc3339(time.time_ns()),
            verb=verb,
            correlation_id=correlation_id,
            status=status,
            reason=None if refused is None else refused[:REASON_LENGTH],
            rules=None if rules is None else {name: _part(rule) for name, rule in rules.items()},
        )
        self._answer(verb, result)


def _part(rule: ActionRule) -> RulePart:
    return RulePart.model_validate(rule.model_dump())


def _read(verb: str, payload: bytes, *, retained: bool) -> dict[str, Any]:
    """The JSON of a command that may be read at all."""
    if retained:
        raise RefusedError("it is retained, so it would come again; publish it without retain")
    if verb not in COMMANDS:
        raise RefusedError(f"unknown command; {suggestion(verb, COMMANDS)}")
    if len(payload) > MAX_COMMAND_BYTES:
        raise RefusedError(f"{len(payload)} bytes; wanted at most {MAX_COMMAND_BYTES}")
    try:
        # Unlike json, it refuses NaN and half surrogates, which no answer could quote.
        loaded = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        raise RefusedError(f"no JSON: {error}") from None
    if not isinstance(loaded, dict):
        raise RefusedError('wanted a JSON object such as {"correlation_id": "1"}')
    return loaded


def _correlation_id(loaded: Mapping[str, Any]) -> str | None:
    """The sender's id, for the answer to a command that may be wrong elsewhere."""
    found = loaded.get("correlation_id")
    return found if isinstance(found, str) and 0 < len(found) <= CORRELATION_LENGTH else None


def _validated(verb: str, loaded: dict[str, Any]) -> Command:
    try:
        return COMMANDS[verb].model_validate(loaded)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        said = str(first["msg"]).removeprefix("Value error, ")
        raise RefusedError(f"{dotted(first['loc'])}: {said}".removeprefix(": ")) from None

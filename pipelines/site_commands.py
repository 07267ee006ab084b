"""Commands about rules and events, carried out by the worker between two batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pipelines.config import Config
from pipelines.publish.commands import RetractArgs, RuleArgs, SetRuleArgs
from pipelines.publish.desk import Done, Handler, RefusedError
from pipelines.publish.topics import slug
from plugins.recognizer import Recognizer
from plugins.worker import Worker
from recognition.events import ActionEvent
from recognition.hysteresis import ActionRule
from settings.strict_yaml import suggestion


class SiteCommands:
    """Handlers of ``set_rule``, ``reset_rule`` and ``retract`` for one run.

    retract: takes an event back by its id, on the worker's thread; ValueError where it cannot.
    """

    def __init__(
        self,
        config: Config,
        recognizer: Recognizer,
        worker: Worker,
        *,
        retract: Callable[[str], None],
    ) -> None:
        self._ids = {slug(source.name): index for index, source in enumerate(config.sources)}
        self._recognizer = recognizer
        self._worker = worker
        self._take_back = retract

    @property
    def handlers(self) -> dict[str, Handler]:
        """By verb."""
        return {"set_rule": self._set, "reset_rule": self._reset, "retract": self._retract}

    def _set(self, args: SetRuleArgs, done: Done) -> None:
        self._submit(args, args.rule, done)

    def _reset(self, args: RuleArgs, done: Done) -> None:
        self._submit(args, None, done)

    def _submit(self, args: RuleArgs, change: ActionRule | None, done: Done) -> None:
        """Check what can be checked now, and leave the rest to the worker."""
        camera = None if args.camera is None else slug(args.camera)
        if camera is not None and camera not in self._ids:
            raise RefusedError(f"args.camera: no such camera; {suggestion(camera, self._ids)}")
        self._leave_to_worker(partial(self._change, args.action, change, camera, done))

    def _retract(self, args: RetractArgs, done: Done) -> None:
        self._leave_to_worker(partial(self._retract_now, args.event_id, done))

    def _leave_to_worker(self, task: Callable[[], Sequence[ActionEvent]]) -> None:
        if not self._worker.do(task):
            raise RefusedError("too many commands wait, or the run is over; send it again later")

    def _retract_now(self, event_id: str, done: Done) -> Sequence[ActionEvent]:
        try:
            self._take_back(event_id)
        except ValueError as error:
            done(refused=f"args.event_id: {error}")
        else:
            done()
        return ()

    def _change(
        self, action: str, change: ActionRule | None, camera: str | None, done: Done
    ) -> Sequence[ActionEvent]:
        source_id = None if camera is None else self._ids[camera]
        try:
            events = self._recognizer.change_rule(action, change, source_id)
        except ValueError as error:
            done(refused=f"args.action: {error}")
            return ()
        cameras = self._ids if camera is None else [camera]
        rule_of = self._recognizer.rule_of
        done({name: rule_of(action, self._ids[name]) for name in cameras})
        return events

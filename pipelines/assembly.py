"""Puts one run together: models, recogniser, worker, probe, taps, and the pipeline round them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.protocol import Engine
from pipelines.config import Config
from pipelines.graph import action_graph, listens
from pipelines.groups import site_group_head
from pipelines.publish.states import CameraCounters
from pipelines.realise import Realised, element_maker, load_pyds
from pipelines.sound import sound_encoder
from pipelines.stages import pose_settings, read_stages
from plugins.fusion_labels import fusion_labels
from plugins.gst import Gst
from plugins.metadata import MetadataReader, RawFrame
from plugins.overlay import Overlay
from plugins.probe import ActionProbe
from plugins.recognizer import Recognizer
from plugins.snapshots import Snapshots
from plugins.sound_tap import SoundTap
from plugins.worker import Worker, WorkerSettings
from recognition.events import ActionEvent
from recognition.frames import Frame, SoundFrame
from recognition.hysteresis import EndReason
from settings.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Who listens along the way; none of them may wait.

    arrived: source index and PTS of a frame that enters the mux; on a streaming thread.
    seen: a batch as the probe read it; on a streaming thread.
    done: a batch that has been worked on; on the worker's thread.
    heard, decoded: sound and frames as the recogniser gets them; on the worker's thread.
    """

    arrived: Callable[[int, int], None] | None = None
    seen: Callable[[Sequence[RawFrame]], None] | None = None
    done: Callable[[Sequence[RawFrame]], None] | None = None
    heard: Callable[[SoundFrame], None] | None = None
    decoded: Callable[[Sequence[Frame]], None] | None = None


class Assembly:
    """Everything of one run, made and connected, not yet started."""

    def __init__(
        self,
        config: Config,
        fusion: Engine,
        emit: Callable[[Sequence[ActionEvent]], None],
        *,
        video: Path | None,
        paced: bool,
        hooks: Hooks | None,
    ) -> None:
        self._hooks = hooks or Hooks()
        detect, pose = read_stages(config)
        make, pyds = element_maker(config.platform), load_pyds(config.platform)
        self.taps = {
            index: SoundTap(index, live=not source.is_file)
            for index, source in enumerate(config.sources)
            if listens(source)
        }
        self.recognizer = _recognizer(config, fusion, detect.labels)
        self.worker = Worker(
            self.recognizer,
            self.taps,
            WorkerSettings(
                pose=pose_settings(config, pose),
                size=(config.mux.width_px, config.mux.height_px),
                live=config.is_live,
            ),
            emit=emit,
            done=self._hooks.done,
            heard=self._hooks.heard,
            decoded=self._hooks.decoded,
        )
        person = config.detect.person_label
        reader = self._reader(pyds, person, pose.gie_unique_id)
        self.probe = ActionProbe(reader, self._offer)
        wanted = config.mqtt is not None and config.mqtt.snapshots.enabled
        size = config.mux.width_px, config.mux.height_px
        self.snapshots = Snapshots(pyds, size) if wanted else None
        graph = action_graph(config, video=video, paced=paced)
        self._realised = Realised(graph, make, on_sound=self._on_sound)
        self._overlay = Overlay(pyds, person_label=person, label_of=self.worker.label_of)
        self._muxed = 0
        self._dropped_sources: set[int] = set()
        self._probes: list[tuple[Gst.Pad, int]] = []
        self._add_probes(len(config.sources), with_video=video is not None)

    @property
    def pipeline(self) -> Gst.Pipeline:
        """The pipeline."""
        return self._realised.pipeline

    def element(self, name: str) -> Any:
        """An element of the graph by its name."""
        return self._realised.element(name)

    def count_of(self, index: int) -> CameraCounters:
        """What a source gave so far."""
        count = self.worker.counts.get(index)
        people = self.recognizer.tracks_started.get(index, 0)
        frames, events = (count.frames, count.events) if count else (0, 0)
        return CameraCounters(frames=frames, people=people, events=events)

    def sound_of(self, index: int) -> str:
        """State of a source's sound: ``heard``, or why not."""
        tap = self.taps.get(index)
        if tap is None:
            return "off"
        heard = {"present": "heard", "ended": "heard"}.get(tap.state, "missing")
        return f"{heard}, late {tap.late}x" if tap.late else heard

    def source_of(self, origin: Any) -> int | None:
        """Index of the source that an element belongs to, None for the rest of the graph."""
        while origin is not None:
            kind, _, number = origin.get_name().rpartition("_")
            if kind == "source" and number.isdigit():
                return int(number)
            origin = origin.get_parent()
        return None

    def source_over(self, index: int, reason: EndReason) -> None:
        """A source's last frame is in the batches pushed so far; called on the mux's thread."""
        self.worker.end_source(index, after_batch=self._muxed, reason=reason)

    def source_dark(self, index: int) -> None:
        """A camera shows nothing any more: nothing goes on before it, as far as anybody knows."""
        self.worker.do(lambda: self.recognizer.end_source(index, "camera_offline"))

    def end_input(self, index: int) -> None:
        """Tell the mux and the sound branch that nothing more comes of a source."""
        self._realised.mux_pad(index).send_event(Gst.Event.new_eos())
        queue = self.pipeline.get_by_name(f"sound_{index}_queue")
        if queue is not None:
            queue.get_static_pad("sink").send_event(Gst.Event.new_eos())

    def drop_source(self, index: int) -> None:
        """Stop a source's own elements, whatever the pipeline does."""
        if index not in self._dropped_sources:
            self._dropped_sources.add(index)
            source = self.element(f"source_{index}")
            source.set_locked_state(True)
            source.set_state(Gst.State.NULL)

    def close(self) -> None:
        """Stop the pipeline, and let go of what would keep it in memory after the run."""
        self.pipeline.set_state(Gst.State.NULL)
        for pad, probe in self._probes:
            pad.remove_probe(probe)
        self._probes.clear()
        self._realised.disconnect()

    def _reader(self, pyds: Any, person_label: str, pose_id: int) -> MetadataReader:
        """Reads what people look like only where somebody takes it."""
        looks = self._hooks.decoded is not None or self.recognizer.takes_appearance
        return MetadataReader(pyds, person_label=person_label, pose_id=pose_id, appearance=looks)

    def _offer(self, number: int, frames: list[RawFrame]) -> None:
        if self._hooks.seen:
            self._hooks.seen(frames)
        self.worker.offer(number, frames)

    def _on_sound(self, index: int, appsink: Gst.Element) -> None:
        self.taps[index].connect(appsink)
        self.taps[index].linked()

    def _add_probes(self, sources: int, *, with_video: bool) -> None:
        def add(element: str, pad: str, callback: Callable[..., Any], *extra: Any) -> None:
            target = self.element(element).get_static_pad(pad)
            probe = target.add_probe(Gst.PadProbeType.BUFFER, callback, *extra)
            self._probes.append((target, probe))

        add("mux", "src", self._on_muxed)
        add("pose", "src", self.probe.on_buffer)
        if self.snapshots is not None:
            add("pose", "src", self.snapshots.on_buffer)
        if with_video:
            add("tiler", "sink", self._overlay.on_buffer)
        for index in range(sources) if self._hooks.arrived else ():
            add("mux", f"sink_{index}", self._on_arrived, index)

    def _on_muxed(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._muxed += 1
        return Gst.PadProbeReturn.OK

    def _on_arrived(self, _pad: Gst.Pad, info: Gst.PadProbeInfo, index: int) -> Gst.PadProbeReturn:
        if self._hooks.arrived:
            self._hooks.arrived(index, info.get_buffer().pts)
        return Gst.PadProbeReturn.OK


def _recognizer(config: Config, fusion: Engine, detected: Sequence[str]) -> Recognizer:
    labels = fusion_labels(fusion, config.fusion.model, config.window, sound=config.sound.tokens)
    encode = sound_encoder(config.sound, fusion)
    groups = site_group_head(config.fusion, fusion)
    try:
        return Recognizer(
            fusion,
            labels,
            windows=config.window,
            events=config.events,
            sources={index: source.name for index, source in enumerate(config.sources)},
            knows_objects=any(label != config.detect.person_label for label in detected),
            encode=encode,
            groups=groups,
            zones={index: source.zones for index, source in enumerate(config.sources)},
        )
    except ValueError as error:  # an action in the configuration that the model does not know
        raise ConfigError([str(error)]) from None

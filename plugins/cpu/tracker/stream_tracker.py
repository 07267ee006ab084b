"""Follows the objects of one source from frame to frame with ByteTrack, class by class."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import supervision as sv
from trackers import ByteTrackTracker

from plugins.cpu.tracker.config import TrackerConfig
from plugins.cpu.tracker.past_frames import PastFrame, Unseen

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

UNTRACKED = -1
_ALL_CLASSES = -1


@dataclass(slots=True)
class _ClassTracks:
    """The tracker of one class, and the stream's number for each of its tracks."""

    tracker: ByteTrackTracker
    numbers: dict[int, int] = field(default_factory=dict)
    unseen: Unseen = field(default_factory=Unseen)


class StreamTracker:
    """Gives the objects of one source their track ids: 0, 1, 2, ... in the order they are output.

    The library allows one confidence and class per tracker, so there is one tracker per class and
    one counter over all. Detections are sorted before they are given to the library, so that ids
    do not depend on the order of detections.

    Attributes:
        past: by track id, the frames in which a track was not output, of those that were output
            by the last update.
    """

    def __init__(self, config: TrackerConfig, first_id: int = 0) -> None:
        self._config = config
        self._classes: dict[int, _ClassTracks] = {}
        self.next_id = first_id
        self.past: dict[int, list[PastFrame]] = {}

    def update(
        self, boxes: Float, scores: Float, classes: Ints, frame_num: int = 0
    ) -> tuple[Ints, Float]:
        """Match the detections of the next frame to the tracks.

        boxes: (N, 4) x1 y1 x2 y2 px. scores: (N,). classes: (N,). Returns (N,) track ids,
        UNTRACKED where a detection belongs to no track or its track is in probation, and (N, 4) the
        tracks' own boxes, px, not clipped.
        """
        self.past = {}
        ids = np.full(len(boxes), UNTRACKED, np.int64)
        smooth = boxes.copy()
        keys = classes if self._config.check_class_match else np.full_like(classes, _ALL_CLASSES)
        rows = self._trackable(boxes, scores)
        for key in sorted({*self._classes, *keys[rows].tolist()}):
            own = rows[keys[rows] == key]
            self._update_class(key, own, boxes, scores, ids=ids, smooth=smooth)
            self._note_unseen(key, set(ids[own].tolist()), frame_num)
        return ids, smooth

    def predict(self) -> dict[int, npt.NDArray[np.float64]]:
        """Move all tracks on by a frame in which nobody looked for objects.

        Returns the predicted box, x1 y1 x2 y2 px, of each track that was seen when somebody last
        looked. A frame like this is no missed detection: the ages stay.
        """
        predicted = {}
        for own in self._classes.values():
            for track in own.tracker.tracks:
                track.state_estimator.predict()
                if track.tracker_id in own.numbers and track.time_since_update == 0:
                    predicted[own.numbers[track.tracker_id]] = track.get_state_bbox()
        return dict(sorted(predicted.items()))

    def alive(self) -> set[int]:
        """Ids of the tracks that have been output and may be seen again."""
        return {number for own in self._classes.values() for number in own.numbers.values()}

    def forget(self) -> None:
        """Drop all tracks; the ids of later ones go on counting."""
        self._classes.clear()

    def _trackable(self, boxes: Float, scores: Float) -> Ints:
        config = self._config
        rows = np.flatnonzero(scores >= np.float32(config.min_detector_confidence))
        order = np.lexsort((*boxes[rows].T, -scores[rows]))
        return rows[order][: config.max_targets_per_stream]

    def _update_class(
        self, key: int, rows: Ints, boxes: Float, scores: Float, *, ids: Ints, smooth: Float
    ) -> None:
        """Track the objects ``rows`` of one class; writes their ids and boxes into the last two."""
        own = self._classes.get(key)
        if own is None:
            own = self._classes[key] = _ClassTracks(self._make_tracker())
        found = own.tracker.update(
            sv.Detections(
                xyxy=boxes[rows], confidence=scores[rows], data={"rank": np.arange(len(rows))}
            )
        )
        tracks = {track.tracker_id: track for track in own.tracker.tracks}
        ranks = np.asarray(found.data.get("rank", ()), np.int64).tolist()
        for rank, number in sorted(zip(ranks, np.asarray(found.tracker_id).tolist(), strict=True)):
            if number == UNTRACKED:
                continue
            if number not in own.numbers:
                own.numbers[number] = self.next_id
                self.next_id += 1
            ids[rows[rank]] = own.numbers[number]
            smooth[rows[rank]] = tracks[number].get_state_bbox()
        own.numbers = {number: own.numbers[number] for number in own.numbers if number in tracks}
        if not own.tracker.tracks:
            del self._classes[key]

    def _note_unseen(self, key: int, shown: set[int], frame_num: int) -> None:
        own = self._classes.get(key)
        if own is None or not self._config.enable_past_frame:
            return
        numbers = {id(x): own.numbers.get(x.tracker_id, UNTRACKED) for x in own.tracker.tracks}
        visible = {own_id for own_id, number in numbers.items() if number in shown - {UNTRACKED}}
        boxes = {track: track.get_state_bbox() for track in own.tracker.tracks}
        for target, frames in own.unseen.note(frame_num, boxes, visible).items():
            self.past[numbers[target]] = frames

    def _make_tracker(self) -> ByteTrackTracker:
        config = self._config
        return ByteTrackTracker(
            # At frame_rate 30 the buffer is a number of frames.
            lost_track_buffer=config.max_shadow_tracking_age,
            frame_rate=30.0,
            track_activation_threshold=config.tentative_detector_confidence,
            high_conf_det_threshold=config.tentative_detector_confidence,
            # The library counts the first detection as well.
            minimum_consecutive_frames=config.probation_age + 1,
            minimum_iou_threshold=config.min_matching_iou,
        )

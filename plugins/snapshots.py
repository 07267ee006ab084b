"""Pictures of people, encoded where frames are, on the streaming thread, when one is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from plugins.gst import Gst
from plugins.probe import fail

Shown = Literal["person", "picture"]

WAITING = 32
"""Pictures that may be wanted at once; beyond that the oldest goes without one."""

PATIENCE_FRAMES = 30
"""Frames of its source in which a person is looked for."""

COARSE_PX: dict[Shown, int] = {"person": 24, "picture": 160}
"""Widths at which a pose can be made out and a face cannot."""


@dataclass(slots=True)
class Wanted:
    """A picture to be taken of the next frame that shows a track.

    coarse: in so few pixels that nobody can be known. quality: of JPEG, 1..100.
    taken: called with the JPEG file on the streaming thread; it must not wait.
    """

    source_id: int
    track_id: int
    shown: Shown
    coarse: bool
    quality: int
    taken: Callable[[bytes], None]
    frames: int = 0


class Snapshots:
    """A pad probe after the pose stage.

    pyds: NVIDIA's module or the CPU twin. size: width and height of the muxed frame, px.
    Encodes by ``nvds_obj_enc_*``, which on a device is the GPU's.
    """

    def __init__(self, pyds: Any, size: tuple[int, int]) -> None:
        self._pyds = pyds
        self._size = size
        self._encoder: Any = None
        self._wanted: list[Wanted] = []
        self._lock = threading.Lock()

    def want(self, wanted: Wanted) -> None:
        """Ask for a picture; any thread may call."""
        with self._lock:
            self._wanted = [*self._wanted, wanted][-WAITING:]

    def on_buffer(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Look at one batch. An exception leaving a probe would drop the buffer without a word."""
        try:
            if self._wanted:
                self._look(hash(info.get_buffer()))
        except Exception as error:  # noqa: BLE001 - the one place that must catch everything
            fail(pad.get_parent_element(), error)
        return Gst.PadProbeReturn.OK

    def _look(self, buffer: int) -> None:
        batch = self._pyds.gst_buffer_get_nvds_batch_meta(buffer)
        node = batch.frame_meta_list if batch is not None else None
        while node is not None:
            frame = self._pyds.NvDsFrameMeta.cast(node.data)
            for wanted in [one for one in self._wanted if one.source_id == frame.source_id]:
                self._try(wanted, buffer, frame)
            node = node.next

    def _try(self, wanted: Wanted, buffer: int, frame: Any) -> None:
        """Take the picture, or wait for another frame, or give up."""
        wanted.frames += 1
        person = self._find(frame, wanted.track_id)
        jpeg = b"" if person is None else self._encode(wanted, buffer, frame, person)
        if jpeg:
            wanted.taken(jpeg)
        if jpeg or wanted.frames >= PATIENCE_FRAMES:
            with self._lock:
                self._wanted = [one for one in self._wanted if one is not wanted]

    def _find(self, frame: Any, track_id: int) -> Any:
        """The object with a track, where at least a pixel of it lies in the picture."""
        node = frame.obj_meta_list
        while node is not None:
            item = self._pyds.NvDsObjectMeta.cast(node.data)
            if item.object_id == track_id:
                return item if self._is_visible(item.rect_params) else None
            node = node.next
        return None

    def _is_visible(self, rect: Any) -> bool:
        across = min(rect.left + rect.width, self._size[0]) - max(rect.left, 0)
        down = min(rect.top + rect.height, self._size[1]) - max(rect.top, 0)
        return bool(across >= 1 and down >= 1)

    def _encode(self, wanted: Wanted, buffer: int, frame: Any, person: Any) -> bytes:
        pyds = self._pyds
        if self._encoder is None:
            self._encoder = pyds.nvds_obj_enc_create_context(0)
        whole = wanted.shown == "picture"
        args = pyds.NvDsObjEncUsrArgs()
        args.isFrame, args.saveImg, args.attachUsrMeta = int(whole), 0, 1
        args.quality, args.objNum = wanted.quality, 1
        if wanted.coarse:
            rect, width = person.rect_params, COARSE_PX[wanted.shown]
            size = self._size if whole else (rect.width, rect.height)
            args.scaleImg, args.scaledWidth = 1, width
            args.scaledHeight = max(2, round(width * size[1] / size[0]) // 2 * 2)
        target = None if whole else person
        pyds.nvds_obj_enc_process(self._encoder, args, buffer, target, frame)
        pyds.nvds_obj_enc_finish(self._encoder)
        return self._jpeg(frame.frame_user_meta_list if whole else person.obj_user_meta_list)

    def _jpeg(self, node: Any) -> bytes:
        """The newest picture that hangs on a frame or a person."""
        found, kind = b"", self._pyds.NvDsMetaType.NVDS_CROP_IMAGE_META
        while node is not None:
            user = self._pyds.NvDsUserMeta.cast(node.data)
            if user.base_meta.meta_type == kind:
                content = self._pyds.NvDsObjEncOutParams.cast(user.user_meta_data).outBuffer()
                found = content.tobytes()
            node = node.next
        return found

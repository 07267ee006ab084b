"""Writes each person's open actions under their box, for the picture that people look at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugins.gst import Gst
from plugins.probe import fail

_GREEN, _GREY = (0.2, 0.9, 0.3, 1.0), (0.7, 0.7, 0.7, 1.0)
_FONT = "Serif"  # pyds keeps the address of the string, so it must outlive every frame


class Overlay:
    """A pad probe before the tiler: there each person still has the source's own coordinates.

    label_of: text for (source_id, track_id), empty when no action is open.
    """

    def __init__(
        self, pyds: Any, *, person_label: str, label_of: Callable[[int, int], str]
    ) -> None:
        self._pyds = pyds
        self._person_label = person_label
        self._label_of = label_of

    def on_buffer(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Label one batch. An exception leaving a probe would drop the buffer without a word."""
        try:
            batch = self._pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
            node = batch.frame_meta_list if batch is not None else None
            while node is not None:
                self._label_frame(self._pyds.NvDsFrameMeta.cast(node.data))
                node = node.next
        except Exception as error:  # noqa: BLE001 - the one place that must catch everything
            fail(pad.get_parent_element(), error)
        return Gst.PadProbeReturn.OK

    def _label_frame(self, frame: Any) -> None:
        node = frame.obj_meta_list
        while node is not None:
            item = self._pyds.NvDsObjectMeta.cast(node.data)
            if item.obj_label == self._person_label:
                text = self._label_of(int(frame.source_id), int(item.object_id))
                self._draw(item, text)
            node = node.next

    def _draw(self, item: Any, text: str) -> None:
        rect, label = item.rect_params, item.text_params
        rect.border_width = 3
        rect.border_color.set(*(_GREEN if text else _GREY))
        label.display_text = f"{item.object_id} {text}".rstrip()
        label.x_offset = max(0, int(rect.left))
        label.y_offset = max(0, int(rect.top) - 12)
        label.font_params.font_name = _FONT
        label.font_params.font_size = 12
        label.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        label.set_bg_clr = 1
        label.text_bg_clr.set(0.0, 0.0, 0.0, 0.6)

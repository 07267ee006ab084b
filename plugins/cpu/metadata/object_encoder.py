"""Objects cut out as JPEG, as pyds' nvds_obj_enc_* do on the GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.c_fields import Field, IntField, Struct
from plugins.cpu.metadata.carrier import Pixels, frame_at
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.meta_list import Castable
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsObjectMeta, NvDsUserMeta

DEFAULT_QUALITY = 85


class _Flag(Field):
    zero = False


class NvDsObjEncUsrArgs(Struct):
    """What is wanted of one picture.

    isFrame: the whole frame, not the object. quality: of JPEG, 1..100. scaledWidth, scaledHeight:
    px, where scaleImg is set. fileNameImg: where it is written, where saveImg is set; without it
    ``<frame_num>_<source_id>_<object number>.jpg`` in the folder the program runs in.
    """

    isFrame, saveImg, attachUsrMeta, scaleImg = _Flag(), _Flag(), _Flag(), _Flag()
    calcEncodeTime = _Flag()
    scaledWidth, scaledHeight, quality, objNum = IntField(), IntField(), IntField(), IntField()
    fileNameImg = Field()


class NvDsObjEncOutParams(Castable):
    """A JPEG that hangs on an object or frame as NVDS_CROP_IMAGE_META."""

    __slots__ = ("_content",)

    def __init__(self, content: npt.NDArray[np.uint8]) -> None:
        self._content = content

    def outBuffer(self) -> npt.NDArray[np.uint8]:
        """Give the JPEG file, (N,) uint8."""
        return self._content

    @property
    def outLen(self) -> int:
        """Size of the JPEG file, bytes."""
        return len(self._content)


class ObjectEncoder:
    """What ``nvds_obj_enc_create_context`` gives; pictures are encoded at once."""

    def __init__(self) -> None:
        self.destroyed = False


def nvds_obj_enc_create_context(gpu_id: int = 0) -> ObjectEncoder:
    """Make an encoder."""
    return ObjectEncoder()


def nvds_obj_enc_destroy_context(ctx: ObjectEncoder) -> None:
    """End the use of an encoder."""
    _living(ctx).destroyed = True


def nvds_obj_enc_finish(ctx: ObjectEncoder) -> None:
    """Wait until all pictures of the encoder are ready, which they are."""
    _living(ctx)


def nvds_obj_enc_process(
    ctx: ObjectEncoder,
    args: NvDsObjEncUsrArgs,
    buffer: int,
    obj_meta: NvDsObjectMeta | None,
    frame_meta: NvDsFrameMeta,
) -> bool:
    """Encode one object, or the whole frame where ``args.isFrame`` is set.

    Raises:
        ValueError: the encoder is destroyed, or the box has nothing of the frame in it.
    """
    _living(ctx)
    NvDsObjEncUsrArgs.cast(args)
    target: Any = frame_meta if args.isFrame else NvDsObjectMeta.cast(obj_meta)
    with frame_at(buffer, NvDsFrameMeta.cast(frame_meta).batch_id) as pixels:
        picture = pixels if args.isFrame else _crop(pixels, target)
        if args.scaleImg and args.scaledWidth and args.scaledHeight:
            picture = cv2.resize(picture, (args.scaledWidth, args.scaledHeight)).astype(np.uint8)
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGBA2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, args.quality or DEFAULT_QUALITY]
    content = cv2.imencode(".jpg", bgr, quality)[1].ravel()
    if args.saveImg:
        number = f"{frame_meta.frame_num}_{frame_meta.source_id}_{args.objNum}"
        Path(args.fileNameImg or f"{number}.jpg").write_bytes(content.tobytes())
    if args.attachUsrMeta:
        meta = NvDsUserMeta(NvDsMetaType.NVDS_CROP_IMAGE_META, NvDsObjEncOutParams(content))
        target.user_items.append(meta)
    return True


def _living(ctx: ObjectEncoder) -> ObjectEncoder:
    if not isinstance(ctx, ObjectEncoder):
        raise TypeError(f"wanted nvds_obj_enc_create_context(), got {type(ctx).__name__}")
    if ctx.destroyed:
        raise ValueError("this encoder was destroyed by nvds_obj_enc_destroy_context")
    return ctx


def _crop(pixels: Pixels, item: NvDsObjectMeta) -> Pixels:
    rect = item.rect_params
    left, top = max(0, int(rect.left)), max(0, int(rect.top))
    right, bottom = int(rect.left + rect.width), int(rect.top + rect.height)
    crop = pixels[top:bottom, left:right]
    if not crop.size:
        raise ValueError(
            f"the box {rect.left:.0f}, {rect.top:.0f}, {rect.width:.0f}x{rect.height:.0f} has "
            "nothing of the frame in it"
        )
    return crop

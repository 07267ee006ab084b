"""pyds' functions that take metas from the pools of a batch, hang them up and take them down.

NVIDIA's take any pointer; here a wrong kind of meta, a meta that hangs somewhere already and one
that does not hang where it is taken from are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsDisplayMeta, NvDsFrameMeta
from plugins.cpu.metadata.meta_list import GList
from plugins.cpu.metadata.object_meta import (
    NvDsBaseMeta,
    NvDsClassifierMeta,
    NvDsLabelInfo,
    NvDsObjectMeta,
    NvDsUserMeta,
)

Meta = TypeVar("Meta")


def nvds_acquire_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Lock the metadata against other threads; the same thread may lock it again."""
    NvDsBatchMeta.cast(batch_meta).meta_mutex.acquire()


def nvds_release_meta_lock(batch_meta: NvDsBatchMeta) -> None:
    """Unlock the metadata. Raises RuntimeError where this thread has not locked it."""
    NvDsBatchMeta.cast(batch_meta).meta_mutex.release()


def nvds_create_batch_meta(max_batch_size: int) -> NvDsBatchMeta:
    """Make a batch without frames."""
    return NvDsBatchMeta(max_batch_size)


def nvds_destroy_batch_meta(batch_meta: NvDsBatchMeta) -> bool:
    """Empty a batch that the application made."""
    NvDsBatchMeta.cast(batch_meta).frame_items.clear()
    batch_meta.user_items.clear()
    return True


def nvds_acquire_frame_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsFrameMeta:
    """Give a blank frame meta."""
    return _of_batch(NvDsFrameMeta(), batch_meta)


def nvds_acquire_obj_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsObjectMeta:
    """Give a blank object meta."""
    return _of_batch(NvDsObjectMeta(), batch_meta)


def nvds_acquire_display_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsDisplayMeta:
    """Give a blank display meta with room for 16 drawings of each kind."""
    return _of_batch(NvDsDisplayMeta(), batch_meta)


def nvds_acquire_classifier_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsClassifierMeta:
    """Give a blank classifier meta."""
    return _of_batch(NvDsClassifierMeta(), batch_meta)


def nvds_acquire_label_info_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsLabelInfo:
    """Give a blank label."""
    return _of_batch(NvDsLabelInfo(), batch_meta)


def nvds_acquire_user_meta_from_pool(batch_meta: NvDsBatchMeta) -> NvDsUserMeta:
    """Give a blank user meta."""
    return _of_batch(NvDsUserMeta(), batch_meta)


def nvds_add_frame_meta_to_batch(batch_meta: NvDsBatchMeta, frame_meta: NvDsFrameMeta) -> None:
    """Append a frame."""
    _hang(NvDsFrameMeta.cast(frame_meta), NvDsBatchMeta.cast(batch_meta).frame_items)


def nvds_add_obj_meta_to_frame(
    frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta, obj_parent: NvDsObjectMeta | None
) -> None:
    """Append an object; obj_parent is the object it was found in, or None."""
    parent = NvDsObjectMeta.cast(obj_parent) if obj_parent is not None else None
    _hang(NvDsObjectMeta.cast(obj_meta), NvDsFrameMeta.cast(frame_meta).object_items)
    obj_meta.parent = parent


def nvds_add_display_meta_to_frame(
    frame_meta: NvDsFrameMeta, display_meta: NvDsDisplayMeta
) -> None:
    """Append drawings."""
    _hang(NvDsDisplayMeta.cast(display_meta), NvDsFrameMeta.cast(frame_meta).display_items)


def nvds_add_classifier_meta_to_object(
    obj_meta: NvDsObjectMeta, classifier_meta: NvDsClassifierMeta
) -> None:
    """Append the results of a classifier."""
    items = NvDsObjectMeta.cast(obj_meta).classifier_items
    _hang(NvDsClassifierMeta.cast(classifier_meta), items)


def nvds_add_label_info_meta_to_classifier(
    classifier_meta: NvDsClassifierMeta, label_info_meta: NvDsLabelInfo
) -> None:
    """Append a label."""
    items = NvDsClassifierMeta.cast(classifier_meta).label_items
    _hang(NvDsLabelInfo.cast(label_info_meta), items)


def nvds_add_user_meta_to_batch(batch_meta: NvDsBatchMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to the batch."""
    _hang(NvDsUserMeta.cast(user_meta), NvDsBatchMeta.cast(batch_meta).user_items)


def nvds_add_user_meta_to_frame(frame_meta: NvDsFrameMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to a frame."""
    _hang(NvDsUserMeta.cast(user_meta), NvDsFrameMeta.cast(frame_meta).user_items)


def nvds_add_user_meta_to_obj(obj_meta: NvDsObjectMeta, user_meta: NvDsUserMeta) -> None:
    """Append a user meta to an object."""
    _hang(NvDsUserMeta.cast(user_meta), NvDsObjectMeta.cast(obj_meta).user_items)


# A walk that is under way goes over the list as it was: each removal makes a new list.


def nvds_remove_frame_meta_from_batch(batch_meta: NvDsBatchMeta, frame_meta: NvDsFrameMeta) -> None:
    """Take a frame out."""
    batch_meta.frame_items = _without(frame_meta, NvDsBatchMeta.cast(batch_meta).frame_items)


def nvds_remove_obj_meta_from_frame(frame_meta: NvDsFrameMeta, obj_meta: NvDsObjectMeta) -> None:
    """Take an object out."""
    frame_meta.object_items = _without(obj_meta, NvDsFrameMeta.cast(frame_meta).object_items)


def nvds_remove_display_meta_from_frame(
    frame_meta: NvDsFrameMeta, display_meta: NvDsDisplayMeta
) -> None:
    """Take drawings out."""
    frame_meta.display_items = _without(display_meta, frame_meta.display_items)


def nvds_remove_classifier_meta_from_obj(
    obj_meta: NvDsObjectMeta, classifier_meta: NvDsClassifierMeta
) -> None:
    """Take the results of a classifier out."""
    obj_meta.classifier_items = _without(classifier_meta, obj_meta.classifier_items)


def nvds_remove_label_info_meta_from_classifier(
    classifier_meta: NvDsClassifierMeta, label_info_meta: NvDsLabelInfo
) -> None:
    """Take a label out."""
    classifier_meta.label_items = _without(label_info_meta, classifier_meta.label_items)


def nvds_remove_user_meta_from_batch(batch_meta: NvDsBatchMeta, user_meta: NvDsUserMeta) -> None:
    """Take a user meta out of the batch."""
    batch_meta.user_items = _without(user_meta, batch_meta.user_items)


def nvds_remove_user_meta_from_frame(frame_meta: NvDsFrameMeta, user_meta: NvDsUserMeta) -> None:
    """Take a user meta out of a frame."""
    frame_meta.user_items = _without(user_meta, frame_meta.user_items)


def nvds_remove_user_meta_from_object(obj_meta: NvDsObjectMeta, user_meta: NvDsUserMeta) -> None:
    """Take a user meta out of an object."""
    obj_meta.user_items = _without(user_meta, obj_meta.user_items)


def nvds_clear_frame_meta_list(batch_meta: NvDsBatchMeta, meta_list: GList[Any] | None) -> None:
    """Take all frames out."""
    batch_meta.frame_items = []


def nvds_clear_obj_meta_list(frame_meta: NvDsFrameMeta, meta_list: GList[Any] | None) -> None:
    """Take all objects out of a frame."""
    frame_meta.object_items = []


def nvds_clear_display_meta_list(frame_meta: NvDsFrameMeta, meta_list: GList[Any] | None) -> None:
    """Take all drawings out of a frame."""
    frame_meta.display_items = []


def nvds_clear_batch_user_meta_list(
    batch_meta: NvDsBatchMeta, meta_list: GList[Any] | None
) -> None:
    """Take all user metas out of the batch."""
    batch_meta.user_items = []


def nvds_clear_frame_user_meta_list(
    frame_meta: NvDsFrameMeta, meta_list: GList[Any] | None
) -> None:
    """Take all user metas out of a frame."""
    frame_meta.user_items = []


def nvds_clear_obj_user_meta_list(
    object_meta: NvDsObjectMeta, meta_list: GList[Any] | None
) -> None:
    """Take all user metas out of an object."""
    object_meta.user_items = []


def nvds_get_nth_frame_meta(frame_meta_list: GList[NvDsFrameMeta] | None, index: int) -> Any:
    """Give the frame at a place in the list, None where there are fewer."""
    node = frame_meta_list
    for _ in range(index):
        node = node.next if node is not None else None
    return node.data if node is not None else None


def _of_batch(meta: Meta, batch_meta: NvDsBatchMeta) -> Meta:
    base: NvDsBaseMeta = meta.base_meta  # type: ignore[attr-defined]
    base.batch_meta = NvDsBatchMeta.cast(batch_meta)
    return meta


def _hang(meta: Meta, items: list[Meta]) -> None:
    if any(item is meta for item in items):
        kind = type(meta).__name__
        raise ValueError(f"this {kind} hangs there already; on the device the list becomes a ring")
    items.append(meta)


def _without(meta: Meta, items: Sequence[Meta]) -> list[Meta]:
    kept = [item for item in items if item is not meta]
    if len(kept) == len(items):
        kind = type(meta).__name__
        raise ValueError(f"this {kind} does not hang there, so it cannot be taken out")
    return kept

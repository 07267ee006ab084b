"""Copies of metas: for elements that give each branch its own, and pyds' ``nvds_copy_*``."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TypeVar

from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsDisplayMeta, NvDsFrameMeta
from plugins.cpu.metadata.meta_list import GList
from plugins.cpu.metadata.object_meta import NvDsObjectMeta, NvDsUserMeta

Item = TypeVar("Item")


def copied(frame: NvDsFrameMeta) -> NvDsFrameMeta:
    """Copy a frame's metadata with its objects and drawings; what users hung on it is shared."""
    own = copy.copy(frame)
    own.object_items = copied_objects(frame.object_items)
    own.display_items = copy.deepcopy(frame.display_items)
    own.user_items = list(frame.user_items)
    return own


def copied_objects(items: list[NvDsObjectMeta]) -> list[NvDsObjectMeta]:
    """Copy objects; where a parent is among them, its copy is the parent of the copy."""
    objects = {id(item): _copied_object(item) for item in items}
    for item in objects.values():
        item.parent = objects.get(id(item.parent), item.parent)
    return list(objects.values())


def _copied_object(item: NvDsObjectMeta) -> NvDsObjectMeta:
    own = copy.copy(item)
    own.rect_params = copy.deepcopy(item.rect_params)
    own.text_params = copy.copy(item.text_params)
    own.classifier_items, own.user_items = list(item.classifier_items), list(item.user_items)
    return own


def nvds_copy_frame_meta_list(
    src_frame_meta_list: GList[NvDsFrameMeta] | None, dst_batch_meta: NvDsBatchMeta
) -> None:
    """Append copies of frames, from the node given on, to a batch."""
    frames = [NvDsFrameMeta.cast(item) for item in _from(src_frame_meta_list)]
    batch = NvDsBatchMeta.cast(dst_batch_meta)
    for frame in frames:
        own = copied(frame)
        own.user_items = [_copied_user_meta(item) for item in frame.user_items]
        batch.frame_items.append(own)


def nvds_copy_obj_meta_list(
    src_obj_meta_list: GList[NvDsObjectMeta] | None, dst_frame_meta: NvDsFrameMeta
) -> None:
    """Append copies of objects, from the node given on, to a frame."""
    items = [NvDsObjectMeta.cast(item) for item in _from(src_obj_meta_list)]
    NvDsFrameMeta.cast(dst_frame_meta).object_items.extend(copied_objects(items))


def nvds_copy_display_meta_list(
    src_display_meta_list: GList[NvDsDisplayMeta] | None, dst_frame_meta: NvDsFrameMeta
) -> None:
    """Append copies of drawings, from the node given on, to a frame."""
    items = [NvDsDisplayMeta.cast(item) for item in _from(src_display_meta_list)]
    NvDsFrameMeta.cast(dst_frame_meta).display_items.extend(copy.deepcopy(items))


def nvds_copy_batch_user_meta_list(
    src_user_meta_list: GList[NvDsUserMeta] | None, dst_batch_meta: NvDsBatchMeta
) -> None:
    """Append copies of user metas, from the node given on, to a batch."""
    items = [NvDsUserMeta.cast(item) for item in _from(src_user_meta_list)]
    NvDsBatchMeta.cast(dst_batch_meta).user_items.extend(map(_copied_user_meta, items))


def nvds_copy_frame_user_meta_list(
    src_user_meta_list: GList[NvDsUserMeta] | None, dst_frame_meta: NvDsFrameMeta
) -> None:
    """Append copies of user metas, from the node given on, to a frame."""
    items = [NvDsUserMeta.cast(item) for item in _from(src_user_meta_list)]
    NvDsFrameMeta.cast(dst_frame_meta).user_items.extend(map(_copied_user_meta, items))


def _from(node: GList[Item] | None) -> Iterator[Item]:
    """The data of a node and of those after it."""
    while node is not None:
        if not isinstance(node, GList):
            raise TypeError(f"wanted a list such as frame_meta_list, got {type(node).__name__}")
        yield node.data
        node = node.next


def _copied_user_meta(item: NvDsUserMeta) -> NvDsUserMeta:
    """Copy a user meta: its data by the application's own function, where it has one."""
    own = copy.copy(item)
    own.base_meta = copy.copy(item.base_meta)
    copy_func = item.base_meta.copy_func
    if copy_func is not None:
        own.user_meta_data = copy_func(item, None)
    return own

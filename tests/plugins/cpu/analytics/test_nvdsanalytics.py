"""nvdsanalytics: regions, overcrowding, directions, lines, counts, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gi
import numpy as np
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu import pyds  # noqa: E402
from plugins.cpu.analytics.nvdsanalytics import NvDsAnalytics  # noqa: E402
from plugins.cpu.metadata.analytics_meta import (  # noqa: E402
    NvDsAnalyticsFrameMeta,
    NvDsAnalyticsObjInfo,
)
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import UNTRACKED_OBJECT_ID, NvDsObjectMeta  # noqa: E402
from tests.plugins.cpu.batches import frame_of, person  # noqa: E402

pytestmark = pytest.mark.gst

BLANK = np.zeros((360, 640, 4), np.uint8)
PROPERTY = "[property]\nenable=1\nconfig-width=1280\nconfig-height=720\nosd-mode={osd}\n"
REGION = "[roi-filtering-stream-0]\nenable=1\nroi-DOOR=200;200;600;200;600;600;200;600\n"
CROWD = "[overcrowding-stream-0]\nenable=1\nroi-HALL=0;0;1280;0;1280;720;0;720\n"
LINE = "[line-crossing-stream-0]\nenable=1\nline-crossing-EXIT=640;100;640;620;0;360;1280;360\n"
SOUTH = "[direction-detection-stream-0]\nenable=1\ndirection-SOUTH=640;100;640;620\n"
"""Rules in px of 1280 x 720; frames are 640 x 360, so in the frame everything is half as large."""


def started(folder: Path, *groups: str, osd: int = 0, name: str = "rules.txt") -> NvDsAnalytics:
    path = folder / name
    path.write_text(PROPERTY.format(osd=osd) + "".join(groups))
    element = NvDsAnalytics()
    element.set_property("config-file", str(path))
    element.set_property("unique-id", 17)
    element.on_start()
    return element


def someone(x: float, foot: float, *, track: int = 1, class_id: int = 0) -> NvDsObjectMeta:
    """A person of 20 x 40 px whose feet are at x, foot."""
    item = person(x - 10, foot - 40, 20, 40, class_id=class_id)
    item.object_id = track
    return item


def show(
    element: NvDsAnalytics, items: Sequence[NvDsObjectMeta], *, pts_ms: int = 0, pad_index: int = 0
) -> NvDsFrameMeta:
    frame = frame_of(BLANK, source_id=pad_index)
    frame.buf_pts = pts_ms * 10**6
    frame.object_items = list(items)
    batch = NvDsBatchMeta(1)
    batch.frame_items.append(frame)
    element.on_batch(Gst.Buffer.new(), batch)
    return frame


def of_frame(frame: NvDsFrameMeta) -> NvDsAnalyticsFrameMeta:
    """What an application reads from the frame, by pyds' names."""
    wanted = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSFRAME.USER_META")
    (meta,) = (m for m in frame.user_items if m.base_meta.meta_type == wanted)
    return NvDsAnalyticsFrameMeta.cast(meta.user_meta_data)


def of_object(item: NvDsObjectMeta) -> NvDsAnalyticsObjInfo | None:
    wanted = pyds.nvds_get_user_meta_type("NVIDIA.DSANALYTICSOBJ.USER_META")
    metas = [m for m in item.user_items if m.base_meta.meta_type == wanted]
    return NvDsAnalyticsObjInfo.cast(metas[0].user_meta_data) if metas else None


def walk(
    element: NvDsAnalytics, feet: Sequence[tuple[float, float]], *, track: int = 1
) -> list[NvDsAnalyticsObjInfo | None]:
    """Somebody goes from point to point, one a frame, 40 ms apart."""
    told = []
    for number, (x, foot) in enumerate(feet):
        item = someone(x, foot, track=track)
        show(element, [item], pts_ms=40 * number)
        told.append(of_object(item))
    return told


def test_who_stands_in_a_region_is_counted_by_the_feet(tmp_path: Path) -> None:
    element = started(tmp_path, REGION)
    # In the frame the region is 100..300; the second one's head is in it, the feet are not.
    items = [someone(200, 200), someone(200, 310, track=2), someone(90, 200, track=3)]
    frame = show(element, items)
    assert of_frame(frame).objInROIcnt == {"DOOR": 1}
    inside, below, beside = (of_object(item) for item in items)
    assert inside is not None
    assert (inside.roiStatus, inside.objStatus, inside.unique_id) == (["DOOR"], " ROI:DOOR", 17)
    assert below is None
    assert beside is None
    assert frame.num_obj_meta == 3  # nothing is ever removed


def test_an_inverse_region_is_everything_outside(tmp_path: Path) -> None:
    element = started(tmp_path, REGION + "inverse-roi=1\n")
    assert of_frame(show(element, [someone(200, 200)])).objInROIcnt == {"DOOR": 0}
    assert of_frame(show(element, [someone(90, 200, track=2)])).objInROIcnt == {"DOOR": 1}


@pytest.mark.parametrize(
    ("line", "count"), [("class-id=0", 1), ("class-id=2;5", 0), ("class-id=-1", 1)]
)
def test_a_rule_is_about_its_classes_and_minus_one_is_all(
    tmp_path: Path, line: str, count: int
) -> None:
    element = started(tmp_path, f"{REGION}{line}\n")
    assert of_frame(show(element, [someone(200, 200)])).objInROIcnt == {"DOOR": count}


def test_a_group_that_is_not_enabled_says_nothing(tmp_path: Path) -> None:
    element = started(tmp_path, REGION.replace("enable=1", "enable=0"))
    frame = show(element, [someone(200, 200)])
    assert of_frame(frame).objInROIcnt == {}


def test_a_region_is_overcrowded_from_its_threshold_on(tmp_path: Path) -> None:
    element = started(tmp_path, CROWD + "object-threshold=2\ntime-threshold=9000\n")
    one = of_frame(show(element, [someone(200, 200)]))
    assert (one.ocStatus, one.objInROIcnt) == ({"HALL": False}, {"HALL": 1})
    items = [someone(200, 200), someone(300, 200, track=2)]
    two = of_frame(show(element, items, pts_ms=40))
    assert (two.ocStatus, two.objInROIcnt) == ({"HALL": True}, {"HALL": 2})
    info = of_object(items[1])
    assert info is not None
    assert (info.ocStatus, info.roiStatus, info.objStatus) == (["HALL"], [], "")


DOWN = [(200.0, 100 + 8.0 * step) for step in range(20)]
UP = list(reversed(DOWN))


def crossed(told: Sequence[NvDsAnalyticsObjInfo | None]) -> list[int]:
    return [number for number, info in enumerate(told) if info is not None and info.lcStatus]


def test_a_line_is_crossed_once_along_its_arrow(tmp_path: Path) -> None:
    element = started(tmp_path, LINE)
    told = walk(element, DOWN)
    assert crossed(told) == [10]  # the feet reach row 180 in frame 10
    info = told[10]
    assert info is not None
    assert (info.lcStatus, info.objStatus) == (["EXIT"], " LC:EXIT ")
    frame = of_frame(show(element, [], pts_ms=900))
    assert (frame.objLCCurrCnt, frame.objLCCumCnt) == ({"EXIT": 0}, {"EXIT": 1})


def test_against_its_arrow_a_line_is_not_crossed(tmp_path: Path) -> None:
    assert crossed(walk(started(tmp_path, LINE), UP)) == []


def test_every_track_crosses_for_itself_and_the_sum_goes_on(tmp_path: Path) -> None:
    element = started(tmp_path, LINE)
    for track in (1, 2, 3):
        assert len(crossed(walk(element, DOWN, track=track))) == 1
    assert of_frame(show(element, [], pts_ms=40)).objLCCumCnt == {"EXIT": 3}


def test_a_line_that_is_not_extended_ends_at_its_points(tmp_path: Path) -> None:
    short = LINE.replace("0;360;1280;360", "700;360;1280;360")
    beside = [(200.0, y) for _, y in DOWN]
    over = [(500.0, y) for _, y in DOWN]
    assert len(crossed(walk(started(tmp_path, short), beside))) == 1
    element = started(tmp_path, short + "extended=0\n")
    assert crossed(walk(element, beside)) == []
    assert len(crossed(walk(element, over, track=2))) == 1


@pytest.mark.parametrize(
    ("mode", "first"),
    [("loose", 10), ("balanced", 10), ("strict", 20)],
)
def test_the_mode_says_how_sure_a_crossing_must_be(tmp_path: Path, mode: str, first: int) -> None:
    feet = [(200.0, 100 + 8.0 * step) for step in range(30)]
    told = walk(started(tmp_path, f"{LINE}mode={mode}\n"), feet)
    assert crossed(told)[0] >= first
    assert len(crossed(told)) == 1


def test_a_way_at_an_angle_crosses_loosely_but_not_strictly(tmp_path: Path) -> None:
    feet = [(100.0 + 14 * step, 100 + 6.0 * step) for step in range(30)]
    assert len(crossed(walk(started(tmp_path, f"{LINE}mode=loose\n"), feet))) == 1
    assert crossed(walk(started(tmp_path, f"{LINE}mode=strict\n"), feet)) == []


def test_a_direction_is_told_of_tracks_that_moved_far_enough(tmp_path: Path) -> None:
    told = walk(started(tmp_path, SOUTH), DOWN)
    first = next(number for number, info in enumerate(told) if info is not None)
    assert first == 10  # the 11th frame of the track
    info = told[first]
    assert info is not None
    assert (info.dirStatus, info.objStatus) == (" DIR:SOUTH ", " DIR:SOUTH ")
    assert all(info is None for info in walk(started(tmp_path, SOUTH), UP))


def test_who_stands_for_longer_than_the_history_has_stopped(tmp_path: Path) -> None:
    told = walk(started(tmp_path, SOUTH), [(200.0, 200.0)] * 55)
    texts = ["" if info is None else info.objStatus for info in told]
    assert texts == [""] * 50 + [" STOPPED "] * 5


def test_a_track_that_was_away_for_over_300_ms_begins_anew(tmp_path: Path) -> None:
    element = started(tmp_path, SOUTH)
    walk(element, DOWN)
    item = someone(200, 260)
    show(element, [item], pts_ms=19 * 40 + 301)
    assert of_object(item) is None


def test_without_track_ids_there_are_no_lines_and_it_is_said_once(tmp_path: Path) -> None:
    element, bus = started(tmp_path, LINE), Gst.Bus()
    element.set_bus(bus)
    assert crossed(walk(element, DOWN, track=UNTRACKED_OBJECT_ID)) == []
    assert crossed(walk(element, DOWN, track=2)) == []
    message = bus.pop_filtered(Gst.MessageType.WARNING)
    assert "put nvtracker before nvdsanalytics" in message.parse_warning().gerror.message
    assert bus.pop_filtered(Gst.MessageType.WARNING) is None


def test_objects_are_counted_by_class_and_flicker_is_smoothed(tmp_path: Path) -> None:
    element = started(tmp_path, REGION, PROPERTY.format(osd=0) + "obj-cnt-win-in-ms=200\n")
    pair = [someone(10, 50), someone(40, 50, track=2, class_id=2)]
    counts = []
    for number, items in enumerate([pair, pair, pair, pair[:1], pair]):
        counts.append(of_frame(show(element, items, pts_ms=40 * number)).objCnt)
    assert counts == [{0: 1, 2: 1}] * 5


def test_sources_are_analysed_apart_and_those_without_rules_only_counted(tmp_path: Path) -> None:
    element = started(tmp_path, REGION)
    frame = show(element, [someone(200, 200)], pad_index=3)
    assert (of_frame(frame).objInROIcnt, of_frame(frame).objCnt) == ({}, {0: 1})


def test_the_mode_of_the_display_says_what_is_drawn(tmp_path: Path) -> None:
    texts = []
    for osd in (0, 1, 2):
        item = someone(200, 200)
        item.text_params.display_text = "person 1"
        before = item.rect_params.border_color.red
        frame = show(started(tmp_path, REGION, CROWD, osd=osd), [item])
        labels = [t.text for d in frame.display_items for t in d.text_params[: d.num_labels]]
        lines = sum(drawing.num_lines for drawing in frame.display_items)
        texts.append((labels, lines, item.text_params.text))
        inverted = item.rect_params.border_color.red == 1 - before
        assert inverted == (osd == 2)
    assert texts == [
        ([], 0, "person 1"),
        (["DOOR", "HALL"], 8, "person 1"),
        (["DOOR=1", "HALL OverCrowding=True, Count=1"], 8, "person 1  ROI:DOOR"),
    ]


def test_more_rules_than_one_display_meta_holds_go_into_several(tmp_path: Path) -> None:
    regions = "".join(f"roi-R{n}=0;0;100;0;100;100;0;100\n" for n in range(9))
    group = f"[roi-filtering-stream-0]\nenable=1\n{regions}"
    frame = show(started(tmp_path, group, osd=1), [])
    assert sum(drawing.num_lines for drawing in frame.display_items) == 36
    assert max(drawing.num_lines for drawing in frame.display_items) <= 16


def test_the_class_counts_are_drawn_where_asked_for(tmp_path: Path) -> None:
    element = started(tmp_path, REGION, PROPERTY.format(osd=0) + "display-obj-cnt=1\n")
    frame = show(element, [someone(10, 50)])
    assert frame.display_items[0].text_params[0].text == "Count for ClassId0=1"


def test_yaml_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(
        "property: {enable: 1, config-width: 1280, config-height: 720, osd-mode: 0}\n"
        "roi-filtering-stream-0:\n  enable: 1\n  class-id: 0\n"
        "  roi-DOOR: 200;200;600;200;600;600;200;600\n"
    )
    element = NvDsAnalytics()
    element.set_property("config-file", str(path))
    element.on_start()
    assert of_frame(show(element, [someone(200, 200)])).objInROIcnt == {"DOOR": 1}


def test_a_file_can_be_read_again_while_it_runs(tmp_path: Path) -> None:
    element = started(tmp_path, REGION)
    (tmp_path / "rules.txt").write_text(PROPERTY.format(osd=0) + CROWD)
    assert of_frame(show(element, [])).objInROIcnt == {"DOOR": 0}
    structure = Gst.Structure.new_empty("nv-analytics-reload_config-update")
    element.on_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure))
    assert of_frame(show(element, [])).objInROIcnt == {"HALL": 0}


def test_switched_off_in_the_file_it_lets_everything_pass(tmp_path: Path) -> None:
    element = started(tmp_path, PROPERTY.format(osd=2).replace("enable=1", "enable=0"), REGION)
    frame = show(element, [someone(200, 200)])
    assert (frame.user_items, frame.display_items) == ([], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[roi-filtering-stream-0]\nenable=1\n", "no key that begins with roi-"),
        (REGION + "class-id=all\n", "class-id=all: wanted whole numbers"),
        (REGION.replace(";600;200;600\n", ";600;200\n"), "wanted at least 3 points"),
        (LINE.replace("640;100;640;620;", ""), "EXIT=0;360;1280;360: wanted at least 4 points"),
        (CROWD + "object-threshold=-2\n", "wanted a whole number from 0"),
        ("[property]\nenable=1\n", "no config-width"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "rules.txt"
    path.write_text(text if text.startswith("[property]") else PROPERTY.format(osd=0) + text)
    element = NvDsAnalytics()
    element.set_property("config-file", str(path))
    with pytest.raises(ValueError, match=rf"rules\.txt: \[.*{reason}"):
        element.on_start()


def test_what_nvidia_does_not_know_is_a_warning(tmp_path: Path) -> None:
    bus = Gst.Bus()
    element = NvDsAnalytics()
    element.set_bus(bus)
    path = tmp_path / "rules.txt"
    text = PROPERTY.format(osd=0) + LINE + "mode=exact\nextend=1\n[roi-stream-0]\n"
    path.write_text(text)
    element.set_property("config-file", str(path))
    element.on_start()
    told = []
    while (message := bus.pop_filtered(Gst.MessageType.WARNING)) is not None:
        told.append(message.parse_warning().gerror.message)
    assert "mode=exact: wanted loose, balanced or strict; takes loose" in told[0]
    assert "extend is unknown and has no effect; did you mean 'extended'?" in told[1]
    assert "group [roi-stream-0] is unknown" in told[2]

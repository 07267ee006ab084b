"""Films a world through any camera at any moment, and says exactly what is in the picture."""

from __future__ import annotations

from types import TracebackType

import moderngl
import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.cameras import Camera
from training.scenario.render.canvas import CELLS, MASK_PX, Background, Canvas, cell, crop
from training.scenario.render.context import (
    RenderError,
    context,
    gl_bytes,
    program,
    set_matrix,
    set_uniform,
    view_matrix,
)
from training.scenario.render.dirty import areas, quads_extent
from training.scenario.render.moment import Moment, moment
from training.scenario.render.person import Person
from training.scenario.render.room import build_room, build_walls, room_light
from training.scenario.render.shade import (
    Shades,
    shaded_quads,
    touching,
    under_furniture,
    under_thing,
)
from training.scenario.render.shaders import SOLID_FRAGMENT, SOLID_VERTEX
from training.scenario.render.shape import Shape
from training.scenario.render.textures import texture_array
from training.scenario.render.things import thing
from training.scenario.render.truth import (
    PersonTruth,
    Picture,
    PropTruth,
    cut,
    extent,
    keypoints_of,
    visible_part,
)
from training.scenario.world import PROP_SIZES_M, World

__all__ = ["Painter", "PersonTruth", "Picture", "PropTruth", "RenderError"]

_FINE_PX = 360  # a person taller than this is drawn in full detail
_MOST = CELLS * CELLS


class Painter:
    """Draws the pictures of one world, of one size in pixels.

    seed: chooses what the world leaves open (eyes, hems, details of things). The same world,
    seed, camera and time give the same picture on one machine. Use it as a context manager, or
    call ``close``; it belongs to the thread that made it.

    Raises:
        RenderError: there is no OpenGL; or the world has more than 64 people and things.
    """

    def __init__(self, world: World, *, size: tuple[int, int], seed: int) -> None:
        if len(world.actors) + len(world.props) > _MOST:
            count = len(world.actors) + len(world.props)
            raise RenderError(f"a scene may have {_MOST} people and things; got {count}")
        self._world, self._size = world, size
        self._canvas = Canvas(size)
        self._light = room_light(world.room)
        room = world.room
        indoors = room.style != "street"
        self._corners = (room.width_m, room.depth_m, room.height_m) if indoors else (0.0, 0.0, 0.0)
        self._shades = Shades(self._light, world.room)
        self._textures = texture_array(world.room.seed)
        self._room = Shape(build_room(world.room, world.furniture, seed))
        self._walls = [(wall, Shape(wall.solid)) for wall in build_walls(world.room)]
        self._people = [
            Person(actor, np.random.default_rng((seed, 21, index)))
            for index, actor in enumerate(world.actors)
        ]
        self._programs = list({each for person in self._people for each in person.programs})
        self._props = [
            Shape(thing(prop.kind, prop.color, np.random.default_rng((seed, 22, index))))
            for index, prop in enumerate(world.props)
        ]

    def paint(self, camera: Camera, at_s: float) -> Picture:
        """The picture at ``at_s`` seconds; a camera of another size keeps its field of view."""
        now = moment(self._world, at_s)
        view = view_matrix(camera)
        boxes, points = self._move(now, camera)
        self._lit(camera)
        background = self._canvas.background(
            view.tobytes() + camera.position.tobytes(), lambda made: self._draw_still(made, camera)
        )
        people = {i: self._people[i] for i in now.actors}
        floors = self._shades.masks(people, points, self._canvas)
        blobs = self._blobs(now)
        shaded = quads_extent(shaded_quads(floors, blobs), camera, self._size)
        changed = areas([*boxes.values(), *shaded], self._size)
        self._canvas.begin(background)
        self._shades.draw(floors, blobs, view, self._canvas)
        self._draw_moving(now, view, boxes)
        image = self._canvas.image(background, changed)
        self._draw_ids(now, view)
        shares = self._whole(now, view, boxes)
        return self._truth(image, now, camera, boxes, shares)

    def _move(self, now: Moment, camera: Camera) -> tuple[dict[int, Float], dict[int, Float]]:
        """Pose everybody; boxes px by id, and the surfaces of people by index."""
        boxes: dict[int, Float] = {}
        points = {}
        for i, joints in now.actors.items():
            person = self._people[i]
            points[i] = person.move(joints, ("coarse",))["coarse"]
            box = extent(points[i], camera, self._size)
            if box is not None:
                boxes[1 + i] = box
                if self._is_fine(box):
                    person.move(joints, ("fine",))
        for i, model in now.props.items():
            corners = self._props[i].points @ model[:3, :3].T + model[:3, 3]
            box = extent(corners, camera, self._size)
            if box is not None:
                boxes[self._prop_id(i)] = box
        return boxes, points

    def _is_fine(self, box: Float) -> bool:
        return bool(box[3] - box[1] > _FINE_PX)

    def _prop_id(self, index: int) -> int:
        return 1 + len(self._people) + index

    def _lit(self, camera: Camera) -> None:
        light = self._light
        for each in (program(SOLID_VERTEX, SOLID_FRAGMENT), *self._programs):
            for name in ("sun_way", "sun_color", "sky_color", "ground_color"):
                set_uniform(each, name, getattr(light, name))
            set_uniform(each, "room", self._corners)
            set_uniform(each, "lamp_at", light.lamp_at)
            set_uniform(each, "lamp_color", light.lamp_color)
            set_uniform(each, "eye_at", tuple(float(v) for v in camera.position))

    def _draw_still(self, made: Background, camera: Camera) -> None:
        view, still = view_matrix(camera), np.eye(4, dtype=np.float32)
        shapes = [self._room]
        for wall, shape in self._walls:
            if np.dot(camera.position[:2] - wall.at, wall.inward) > 0:
                shapes.append(shape)
        red, green, blue = self._light.backdrop
        made.smooth.use()
        made.smooth.clear(blue, green, red, 1.0)
        self._solids()
        for shape in shapes:
            shape.paint(view, still)
        blobs = under_furniture(self._world.furniture)
        self._shades.draw({}, blobs, view, self._canvas)
        made.still.use()
        made.still.clear()
        self._solids()
        for shape in shapes:
            shape.flat(gl_bytes(view), still, 0)

    def _solids(self) -> None:
        context().enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._textures.use(0)

    def _blobs(self, now: Moment) -> Float:
        rows = [touching(joints) for joints in now.actors.values()]
        for i, model in now.props.items():
            size = np.array(PROP_SIZES_M[self._world.props[i].kind], np.float32)
            rows.append(under_thing(model, size, self._world.furniture))
        return np.concatenate(rows) if rows else np.zeros((0, 5), np.float32)

    def _draw_moving(self, now: Moment, view: Float, boxes: dict[int, Float]) -> None:
        self._solids()
        for each in self._programs:
            set_matrix(each, "view", gl_bytes(view))
        for i in now.actors:
            if 1 + i in boxes:
                self._people[i].paint("fine" if self._is_fine(boxes[1 + i]) else "coarse")
        for i, model in now.props.items():
            if self._prop_id(i) in boxes:
                self._props[i].paint(view, model)

    def _draw_ids(self, now: Moment, view: Float) -> None:
        self._canvas.ids.use()
        self._solids()
        for i in now.actors:
            self._people[i].bodies["coarse"].mark(gl_bytes(view), 1 + i)
        for i, model in now.props.items():
            self._props[i].flat(gl_bytes(view), model, self._prop_id(i))

    def _whole(self, now: Moment, view: Float, boxes: dict[int, Float]) -> dict[int, float]:
        """Area, px, of each silhouette as if nothing were before it, by id."""
        masks = self._canvas.masks
        masks.use()
        masks.viewport = (0, 0, *masks.size)
        masks.clear()
        context().disable(moderngl.DEPTH_TEST)
        for index, (identity, box) in enumerate(boxes.items()):
            matrix = crop(view, box, self._size)
            with cell(masks, index):
                if identity <= len(self._people):
                    self._people[identity - 1].bodies["coarse"].mark(matrix, 255)
                else:
                    i = identity - 1 - len(self._people)
                    self._props[i].flat(matrix, now.props[i], 255)
        counts = self._canvas.mask_counts(len(boxes))
        return {
            identity: count / MASK_PX**2 * float((box[2] - box[0]) * (box[3] - box[1]))
            for (identity, box), count in zip(boxes.items(), counts, strict=True)
        }

    def _truth(
        self, image: npt.NDArray[np.uint8], now: Moment, camera: Camera, boxes: dict[int, Float],
        areas: dict[int, float],
    ) -> Picture:  # fmt: skip
        seen = self._canvas.seen()
        people, props = [], []
        for identity, area in areas.items():
            box = cut(boxes[identity], self._size)
            visible_box, count = visible_part(seen, identity, box)
            share = min(1.0, count / max(area, 1.0))
            if identity > len(self._people):
                index = identity - 1 - len(self._people)
                kind = self._world.props[index].kind
                if count:
                    props.append(PropTruth(prop=index, kind=kind, box=visible_box, visible=share))
            elif box[2] > box[0] and box[3] > box[1]:
                index = identity - 1
                keypoints = keypoints_of(seen, now.actors[index], camera, identity)
                people.append(
                    PersonTruth(
                        actor=index,
                        box=box,
                        visible_box=visible_box,
                        visible=share,
                        keypoints=keypoints,
                    )
                )
        return Picture(image=image, people=tuple(people), props=tuple(props))

    def close(self) -> None:
        """Give the card's memory back."""
        walls = [shape for _, shape in self._walls]
        for shape in (self._room, *walls, *self._props):
            shape.release()
        for person in self._people:
            person.release()
        self._canvas.release()
        self._shades.release()
        self._textures.release()

    def __enter__(self) -> Painter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

"""Small recordings for tests: people, a thing, a sound, a picture with nobody in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recognition.frames import Object, Person
from recognition.recording import Recording, columns
from recognition.sound import LogMelStream
from tests.recognition.people import clip, frame, person
from training.readers.tracks import together


def recording_of(*names: str, objects: bool = True) -> Recording:
    """The first source has everything that a recording may have; the others one person."""
    blind = Person(track_id=2**63, box=np.array([1, 2, 3, 4], np.float32), confidence=-0.1)
    cup = Object(label="cup", track_id=9, box=np.array([5, 6, 7, 8], np.float32), confidence=0.5)
    sound = LogMelStream(0).push(np.ones(16_000, np.float32) * 0.1, 0)
    assert sound is not None
    crowd = replace(frame(0.04, person((1100.3, 100, 1200, 400)), blind), objects=(cup,))
    first = Recording(names[:1], objects, (frame(0.0), crowd), (sound,))
    others = [Recording((name,), objects, tuple(clip(0.2)), ()) for name in names[1:]]
    return together([first, *others])


def same(one: Recording, other: Recording) -> bool:
    """Whether all of two recordings is equal, to the last bit."""
    mine, its = columns(one), columns(other)
    return (one.sources, one.knows_objects) == (other.sources, other.knows_objects) and all(
        np.array_equal(mine[name], its[name]) and mine[name].dtype == its[name].dtype
        for name in mine
    )

"""``python -m tests.acceptance.skeleton_pickles``: PYSKL pickles come back; no code is run."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

from tests.acceptance.figure import Figure, main
from tests.training.readers.recordings import recording_of
from tests.training.readers.test_skeletons import same
from training.readers.clips import DatasetError, LabelledClip
from training.readers.skeleton_tracks import to_skeletons
from training.readers.skeletons import read_skeletons, write_skeletons

NAME = "PYSKL pickles: written and read back, and with code in them"
GOAL = "all that was written reads back identical; a pickle with code in it is refused, not run"


class Code:
    """What an unpickler that is not restricted would run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path(self.mark),))  # type: ignore[return-value]


def measure() -> Figure:
    """A recording's skeletons by our own writer; then a pickle that would make a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [LabelledClip(path="a", label="walk", split="train", group="p1")]
        made = to_skeletons({"a": recording_of("a")}, clips)
        write_skeletons(folder / "ours.pkl", made)
        identical = same(made, read_skeletons(folder / "ours.pkl"))
        mark, bad = folder / "ran", folder / "bad.pkl"
        bad.write_bytes(pickle.dumps({"split": {}, "annotations": [Code(mark)]}))
        refusal = ""
        try:
            read_skeletons(bad)
        except DatasetError as error:
            refusal = str(error).replace(str(folder), "")
        value = {"identical": identical, "refused": bool(refusal), "code_ran": mark.exists()}
    passed = value == {"identical": True, "refused": True, "code_ran": False}
    return Figure(NAME, value, GOAL, passed, {"refusal": refusal, "clips": len(made.clips)})


if __name__ == "__main__":
    main(measure)

"""Are the payloads on MQTT the bytes of standard output?"""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from tests.acceptance.figure import CLIP, Figure, main, needs_assets
from tests.acceptance.site import NANO_MODELS, edgeact, write_config
from tests.broker import Broker

GOAL = "every payload from mosquitto_sub equals the line on standard output, byte for byte"


def measure() -> Figure:
    """Run with a real mosquitto, record with mosquitto_sub, compare."""
    if missing := needs_assets("mqtt_equal", GOAL):
        return missing
    with tempfile.TemporaryDirectory() as name, Broker(Path(name)) as broker:
        folder = Path(name)
        config = write_config(folder, {"table": CLIP}, size=(768, 432), models=NANO_MODELS)
        received = folder / "received.jsonl"
        with received.open("wb") as file:
            subscriber = subprocess.Popen(
                ["mosquitto_sub", "-p", str(broker.port), "-q", "1", "-t", "+/v1/+/cam/+/event/#"],
                stdout=file,
            )
            time.sleep(1)
            run = edgeact("run", config, "--mqtt", f"mqtt://127.0.0.1:{broker.port}", "--quiet")
            time.sleep(1)
            subscriber.terminate()
            subscriber.wait()
        on_mqtt = received.read_bytes()
    lines = len(run.stdout.splitlines())
    passed = run.returncode == 0 and lines > 0 and on_mqtt == run.stdout
    return Figure("mqtt_equal", lines, GOAL, passed, {"exit": run.returncode})


if __name__ == "__main__":
    main(measure)

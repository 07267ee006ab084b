"""What sits on a pad: the action probe, the metadata reader, the audio tap, the overlay."""

import plugins.unwinder  # noqa: F401  # before GStreamer

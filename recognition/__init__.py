"""The subject: frames, skeletons, sound, windows, fusion input and event logic; no platform."""

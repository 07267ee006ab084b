"""What sits on a pad: the action probe, the metadata reader, the audio tap, the overlay."""

"""Films a scene: people, props and rooms as pictures, with the exact truth of each picture."""

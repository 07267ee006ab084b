"""The small detector of people and things that is trained on rendered pictures."""

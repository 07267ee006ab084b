"""The demo: a rendered scene is recognised, and what was told is shown beside what is true."""

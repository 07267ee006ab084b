"""DeepStream applications as their users write them, and what `edgeact cpu-run` makes of them."""

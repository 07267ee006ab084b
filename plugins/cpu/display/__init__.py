"""The twins behind the analysis: drawing, tiling, converting, encoding, showing."""

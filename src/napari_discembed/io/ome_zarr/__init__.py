"""OME-Zarr (NGFF 0.4 and 0.5): images read lazily, labels written as pyramids."""

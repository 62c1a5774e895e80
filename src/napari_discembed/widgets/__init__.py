"""What napari meets: sample data now, the docks next."""

"""Qt widgets and threads that know nothing of napari's layers."""

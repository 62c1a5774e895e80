"""Files: images, labels and tables."""

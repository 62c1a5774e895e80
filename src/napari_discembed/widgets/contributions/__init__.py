"""What the manifest contributes beside docks: readers, writers, samples, preferences."""

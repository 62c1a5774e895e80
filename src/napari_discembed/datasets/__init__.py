"""What a network learns from: readers, label states, patches, synthetic pictures."""

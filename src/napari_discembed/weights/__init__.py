"""Weights that are shipped, as safetensors with their cards."""

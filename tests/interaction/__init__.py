"""Tests of what a person does with an embedding."""

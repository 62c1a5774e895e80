"""Tests of the grouping of pixels."""

"""Tests that break real things and see them found and mended."""

"""The values everything speaks in. Standard library only, no I/O, knows nobody."""

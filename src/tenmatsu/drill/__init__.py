"""Drills: real faults on a real hypervisor, in a box that leaves nothing behind. Needs root."""

"""Tenmatsu: finds which layer of a self-hosted service is failing, and says what ruled out the others."""

__version__ = "0.1.0"

"""Mocks of what cannot be had: a licensed engine. Each says what its shapes are taken from."""

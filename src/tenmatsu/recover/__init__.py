"""The plan, step by step: what to do in which order, and a run that survives its own death."""

"""Bytes to values of the model. One file per format. Opens nothing; raises `ParseError` and nothing else."""

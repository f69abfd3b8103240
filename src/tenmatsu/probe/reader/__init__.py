"""The small program that answers a sight's questions on another machine: reads, lists, runs what only reads.

Standard library only, CPython 3.6 and newer, as the rest of the probe. It is sent as one line
(`bundle.py`), takes requests through a pipe, answers through frames on standard output (`answers.py`) until
either is closed, writes no file and changes nothing. Nothing outside this package may be imported here.
`reach/remote.py` is the other end.
"""

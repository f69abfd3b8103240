"""The small program that runs inside a guest: sees every process that ends, and what it used.

Standard library only, CPython 3.6 and newer. It is sent as one text (`bundle.py`), writes frames to its
standard output (`frames.py`) until that is cut, and leaves nothing behind. Nothing outside this package
may be imported here, except in `bundle.py`, which runs on our side.
"""

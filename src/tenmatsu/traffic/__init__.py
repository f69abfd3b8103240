"""The users' requests of whole logs, counted: how many fail, which, and since when.

Pure: rows and lines in, values out. Every table has a limit, since whoever may ask a server for
anything writes its log.
"""

"""REST: the functions of mixtrove over HTTP, for other programs.

Here: addresses, what requests and answers look like (``shapes``), who may ask, what is limited. Not here: any
decision about tracklists, tracks, wants or statistics; those are the same functions that the command line
calls. Nothing here imports dagster.
"""

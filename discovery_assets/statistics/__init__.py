"""Layer statistics: the warehouse, figures by period, trends, conversion, and their publication.

The order is staged and built (``warehouse``), then computed (the statistics), then ``published``. All of it
happens in the build file, one writer at a time: ``POOL`` makes runs queue for it, and the file lock of
``mixtrove.warehouse`` holds against everybody else (``mixtrove discover`` in a terminal, say).
"""

POOL = "warehouse"

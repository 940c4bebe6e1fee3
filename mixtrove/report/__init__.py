"""The report: charts of the warehouse, on one page that needs nothing but itself.

``figures`` reads the numbers, ``charts`` makes pictures with a sentence of them, ``drawing`` turns these into
SVG and PNG, ``page`` puts them on a page. Altair and vl-convert take half a second to import: nobody imports
``charts``, ``drawing`` or ``page`` before a picture is asked for.
"""

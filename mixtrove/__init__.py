"""mixtrove: the tracks hidden in DJ mixes become a library, a shopping list and a picture.

This package is the domain and imports no dagster. Sub-packages are imported where they are used, so
that ``import mixtrove`` stays fast; nothing is read or opened at import.
"""

__version__ = "0.1.0"

"""The Dagster project: assets from raw lines to published statistics, a folder a layer.

Here: assets, their checks, jobs and how they are wired. Not here: what they compute (``mixtrove``), how they
reach store and warehouse (``resources``) and when they run (``sensors``).
"""

import warnings

# Every process that loads the assets passes here: the job, the UI's code server, the workers of runs.
warnings.filterwarnings("ignore", message=".*currently in beta.*")

"""How well credits are compared, parsed and retrieved, measured through the public functions alone.

    python -m benchmarks.matching --data FOLDER

Each set of cases has a file of its own, ``runner.py`` says which there are; labels never come from the
parser or the matcher that they judge. Nothing is fitted here but in ``fit.py``.
"""

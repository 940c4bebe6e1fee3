"""The processes of Dagster that load this location log as mixtrove does.

Here: the code server and the processes of runs. Not here: webserver and daemon, which load no code of ours
and are told by ``--log-format`` (their JSON lines have the same names), and how a record is written
(``mixtrove.logs``).
"""

from __future__ import annotations

import logging

from mixtrove.logs import LEVELS, configure, json_form, log_format, log_level


class _Console(logging.Logger):
    """The logger that Dagster makes for the console of a run, with our form and level.

    Dagster 1.13 has no setting for it: it takes Python's class of loggers and installs its own handler.
    """

    def addHandler(self, handler: logging.Handler) -> None:
        if self.name == "dagster" and self.parent is None:
            handler.setFormatter(json_form())
            handler.setLevel(LEVELS[log_level()])
        super().addHandler(handler)


def log_as_mixtrove() -> None:
    """Have Dagster's own loggers of this process write JSON lines, when ``MIXTROVE_LOG_FORMAT`` is json.

    As text they stay what Dagster makes them, in colour. Secrets are hidden in both.

    Raises:
        BadInput: a variable has a value that cannot be used.
    """
    configure(service=True)
    of_dagster = logging.getLogger("dagster")
    of_dagster.propagate = not of_dagster.handlers  # otherwise ours would say the same once more
    if log_format() == "json":
        for handler in of_dagster.handlers:
            handler.setFormatter(json_form())
        logging.setLoggerClass(_Console)

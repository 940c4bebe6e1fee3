"""Figures of the installation for Prometheus: what waits, what providers cost, how old the warehouse is.

Read at most every ``EVERY`` seconds, and seldom enough to take no more than ``SHARE`` of the time. What
cannot be read is left out, and ``mixtrove_collection_success`` says so. Moments are given as times since
1970, so that an alert computes the age itself. Not here: figures of the server's own requests
(``metrics.py``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mixtrove.errors import MixtroveError
from mixtrove.library.store import Store
from mixtrove.library.waiting import dead_letters, what_waits
from mixtrove.ticks import read_ticks

if TYPE_CHECKING:
    from mixtrove.api.statistics_cache import StatisticsCache
    from mixtrove.settings import Settings

EVERY = 15.0
"""Seconds for which figures are kept."""

SHARE = 0.05
"""Of the time, that reading them takes at most."""

_OF_A_DAY = (
    ("requests", "requests", "Requests to the provider since 00:00 UTC, by all processes"),
    ("failures", "failures", "Requests that the provider failed since 00:00 UTC"),
    (
        "refused",
        "refusals",
        "Requests that the provider refused since 00:00 UTC: quota, credentials or question",
    ),
    (
        "waited",
        "wait_seconds",
        "Seconds waited for the provider's quota since 00:00 UTC, by all threads together",
    ),
    ("cache_hits", "cache_hits", "Questions answered from the cache since 00:00 UTC"),
    ("answered", "answers", "Answers of the provider with something in them since 00:00 UTC"),
)
"""Field of ``providers.use.Use``, the end of the figure's name, what it is."""


class Installation:
    """A collector of prometheus_client. Safe to share between threads."""

    def __init__(self, settings: Settings, store: Store, statistics: StatisticsCache) -> None:
        """Nothing is read yet."""
        self._settings = settings
        self._store = store
        self._statistics = statistics
        self._lock = threading.Lock()
        self._kept: list[Metric] = []
        self._next = 0.0

    def collect(self) -> Iterable[Metric]:
        """The figures."""
        with self._lock:
            started = time.monotonic()
            if started >= self._next:
                self._kept = list(self._read())
                now = time.monotonic()
                self._next = now + max(EVERY, (now - started) / SHARE)
            return self._kept

    def _read(self) -> Iterator[Metric]:
        read = GaugeMetricFamily(
            "mixtrove_collection_success", "Whether this part of the figures could be read", labels=["part"]
        )
        parts: dict[str, Callable[[], Iterator[Metric]]] = {
            "store": self._waiting,
            "providers": self._providers,
            "warehouse": self._warehouse,
            "sensors": self._sensors,
        }
        if self._settings.amqp_url is not None:
            parts["rabbitmq"] = self._queues
        for part, figures in parts.items():
            try:
                yield from list(figures())
            except MixtroveError:
                read.add_metric([part], 0)
            else:
                read.add_metric([part], 1)
        yield read

    def _waiting(self) -> Iterator[Metric]:
        with self._store.read() as connection:
            found = what_waits(connection)
            dead = dead_letters(connection)
        yield _gauge("mixtrove_entries_pending", "Entries that no run has decided", found.entries)
        yield from _moment(
            "mixtrove_entries_pending_oldest_timestamp_seconds",
            "When the entry came that waits the longest for its first decision; absent while none waits",
            found.entry_since,
        )
        yield _gauge("mixtrove_review_lines", "Lines that wait for a person", found.review)
        yield _gauge("mixtrove_jobs_waiting", "Jobs that no worker has taken up", found.jobs)
        yield from _moment(
            "mixtrove_jobs_waiting_oldest_timestamp_seconds",
            "When the job was asked for that waits the longest; absent while none waits",
            found.job_since,
        )
        questions = GaugeMetricFamily(
            "mixtrove_provider_questions_waiting",
            "Questions that a provider could not answer and that are asked again",
            labels=["provider"],
        )
        for provider, number in found.questions.items():
            questions.add_metric([provider], number)
        yield questions
        yield _gauge("mixtrove_outbox_events_unpublished", "Events that wait in the outbox", found.events)
        yield from _moment(
            "mixtrove_outbox_oldest_timestamp_seconds",
            "When the oldest event happened that waits in the outbox; absent while none waits",
            found.event_since,
        )
        letters = GaugeMetricFamily(
            "mixtrove_dead_letters", "What failed for good and was not done since", labels=["kind"]
        )
        for kind in ("job", "question"):
            letters.add_metric([kind], sum(one.kind == kind for one in dead))
        yield letters
        yield _gauge("mixtrove_store_revision", "Number of the last write to the store", found.revision)

    def _providers(self) -> Iterator[Metric]:
        from mixtrove.discovery import opened_online
        from mixtrove.providers.store import ever_asked

        if not ever_asked(self._settings):
            return
        with opened_online(self._settings) as online:
            today, states = online.gateway.today(), online.states()
        for field, name, about in _OF_A_DAY:
            family = CounterMetricFamily(f"mixtrove_provider_{name}", about, labels=["provider"])
            for provider, use in today.items():
                family.add_metric([provider], getattr(use, field))
            yield family
        state = GaugeMetricFamily(
            "mixtrove_provider_state", "1 for the state that the provider is in", labels=["provider", "state"]
        )
        for one in states:
            for known in ("ready", "waiting", "failing", "off"):
                state.add_metric([one.name, known], int(one.state == known))
        yield state

    def _queues(self) -> Iterator[Metric]:
        from mixtrove.messaging.check import queue_depths

        family = GaugeMetricFamily(
            "mixtrove_queue_messages", "Messages that wait in a queue of RabbitMQ", labels=["queue"]
        )
        for queue, number in queue_depths(self._settings).items():
            family.add_metric([queue], number)
        yield family

    def _warehouse(self) -> Iterator[Metric]:
        published = self._statistics.version()
        yield from _moment(
            "mixtrove_warehouse_published_timestamp_seconds",
            "When the warehouse was published that analysts read; absent before the first",
            published.built_at if published else None,
        )
        if published:
            yield _gauge(
                "mixtrove_warehouse_revision",
                "Number of the last write that is in the published warehouse",
                published.source_revision,
            )

    def _sensors(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "mixtrove_sensor_last_tick_timestamp_seconds",
            "When a sensor of Dagster that is switched on last looked",
            labels=["sensor"],
        )
        for sensor, moment in sorted(read_ticks(self._settings).items()):
            family.add_metric([sensor], moment)
        yield family


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _moment(name: str, about: str, moment: datetime | None) -> Iterator[Metric]:
    if moment is not None:
        yield GaugeMetricFamily(name, about, value=moment.timestamp())

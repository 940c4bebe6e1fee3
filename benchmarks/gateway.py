"""Whether the gateway keeps quotas that several processes share, and what that costs, beside stock limiters.

    python benchmarks/gateway.py [--redis redis://127.0.0.1:6379/14] [--seconds 12]

4 processes with 4 threads a provider ask 4 providers at their quotas times 20 (windows of 3 s instead of a
minute) through a server on loopback that counts every window and refuses with 429 beyond the quota. ``most``
is the fullest window in % of the quota, ``wall/ideal`` the time until the last answer by the time that the
quota allows, a provider each. Peers are the limiters that requests-ratelimiter brings, in the same run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PER_MINUTE = {"spotify": 180, "beatport": 60, "musicbrainz": 50, "itunes": 15}  # the quotas of DESIGN §7
FASTER = 20
WINDOW = 60 / FASTER  # seconds
PROCESSES, THREADS = 4, 4

Ask = Callable[[str, int], bool]
"""Asks a provider the question with this number; whether it was answered."""


@contextmanager
def server() -> Iterator[tuple[str, dict[str, Any]]]:
    """Its address, and what it counted."""
    seen: dict[str, deque[float]] = defaultdict(deque)
    counted: dict[str, Any] = {"most": Counter(), "refused": Counter(), "last": {}, "first": {}}
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            provider = self.path.split("/")[1]
            now = time.monotonic()
            with lock:
                window = seen[provider]
                while window and window[0] <= now - WINDOW:
                    window.popleft()
                window.append(now)
                counted["most"][provider] = max(counted["most"][provider], len(window))
                counted["first"].setdefault(provider, now)
                counted["last"][provider] = now
                refused = len(window) > PER_MINUTE[provider]
                counted["refused"][provider] += refused
            body = b'{"answer": 1}'
            self.send_response(429 if refused else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if refused:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    with Server(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", counted
        listening.shutdown()


@contextmanager
def ours(url: str, home: str, redis_url: str | None) -> Iterator[Ask]:
    """The gateway, slots in SQLite or in Redis."""
    from mixtrove.providers.budget import Budget
    from mixtrove.providers.failures import ProviderFailure
    from mixtrove.providers.gateway import Policy, Request
    from mixtrove.providers.opening import open_gateway
    from mixtrove.settings import Settings

    gateway = open_gateway(Settings(home=Path(home), redis_url=redis_url))
    for name, rate in PER_MINUTE.items():
        gateway.register(Policy(name, f"{url}/{name}", rate * FASTER, {"search": 3600}, 900, None))

    def ask(provider: str, number: int) -> bool:
        request = Request(provider, "search", f"{home} {number}", "/search", {"q": str(number)})
        try:
            return gateway.ask(request, lambda body: bool(body["answer"]), budget=Budget()).value is True
        except ProviderFailure as failure:
            time.sleep(min(1.0, failure.retry_in))
            return False

    yield ask
    gateway.close()


@contextmanager
def stock(url: str, home: str, bucket: str) -> Iterator[Ask]:
    """A session of requests-ratelimiter a provider, with a bucket that it brings."""
    from pyrate_limiter import InMemoryBucket, Limiter, Rate, SQLiteBucket
    from requests_ratelimiter import LimiterSession

    sessions = {}
    for name, quota in PER_MINUTE.items():
        rates = [Rate(quota, round(WINDOW * 1000))]
        made = (
            InMemoryBucket(rates)
            if bucket == "InMemory"
            else SQLiteBucket.init_from_file(
                rates, db_path=f"{home}/{name}.sqlite", use_file_lock=bucket.endswith("lock")
            )
        )
        sessions[name] = LimiterSession(
            limiter=Limiter(made), per_host=False, bucket_name=name, limit_statuses=()
        )

    def ask(provider: str, number: int) -> bool:
        reply = sessions[provider].get(f"{url}/{provider}/search?q={number}", timeout=10)
        if reply.status_code == 429:
            time.sleep(float(reply.headers["Retry-After"]))
        return bool(reply.status_code == 200)

    yield ask


def work(made: tuple[Callable[..., Any], str, str, Any], seconds: float, ready: Any, go: Any) -> None:
    """One process: its share of the questions to every provider."""
    make, url, home, told = made
    with make(url, home, told) as ask:
        ready.release()
        go.wait()
        threads: list[threading.Thread] = []
        for name, rate in PER_MINUTE.items():
            each = round(rate / WINDOW * seconds / PROCESSES / THREADS)
            threads += [threading.Thread(target=share, args=(ask, name, each)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


_numbers = iter(range(10**9))


def share(ask: Ask, provider: str, count: int) -> None:
    """Ask until so many questions are answered; each is asked again until it is."""
    for _ in range(count):
        number = next(_numbers) * 100 + multiprocessing.current_process()._identity[-1] % 100
        while not ask(provider, number):
            pass


def measured(name: str, make: Callable[..., Any], told: Any, seconds: float, most_time: float) -> None:
    """Run one limiter and print its row for every provider."""
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    with tempfile.TemporaryDirectory() as home, server() as (url, counted):
        running = [
            context.Process(target=work, args=((make, url, home, told), seconds, ready, go))
            for _ in range(PROCESSES)
        ]
        for process in running:
            process.start()
        for _ in running:
            ready.acquire()
        started = time.monotonic()
        go.set()
        for process in running:
            process.join(max(0.1, started + most_time * seconds - time.monotonic()))
        late = [process for process in running if process.is_alive()]
        for process in late:
            process.kill()
            process.join()
        for provider, quota in PER_MINUTE.items():
            each = round(quota / WINDOW * seconds / PROCESSES / THREADS) * PROCESSES * THREADS
            ideal = each / (quota / WINDOW)
            wall = counted["last"].get(provider, started) - counted["first"].get(provider, started)
            row = {
                "most": f"{counted['most'][provider] / quota:.0%}",
                "429s": counted["refused"][provider],
                "wall/ideal": f"{wall / ideal:.3f}" + (" (ended by us)" if late else ""),
            }
            print(f"| {name} | {provider} | {' | '.join(map(str, row.values()))} |", flush=True)


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/14", metavar="URL", help="unused")
    parser.add_argument("--seconds", type=float, default=12, help="that the questions take at the full quota")
    parser.add_argument("--most", type=float, default=4, help="end a peer after so many times that")
    parser.add_argument("--ours", action="store_true", help="without the peers")
    chosen = parser.parse_args()
    print(
        "| limiter | provider | most in a window | 429s | wall / ideal |", "|---|---|---|---|---|", sep="\n"
    )
    runs: list[tuple[str, Callable[..., Any], Any]] = [
        ("ours, SQLite", ours, None),
        ("ours, Redis", ours, chosen.redis),
    ]
    if not chosen.ours:
        buckets = ("InMemory", "SQLiteBucket", "SQLiteBucket, file lock")
        runs += [(f"stock {bucket}", stock, bucket) for bucket in buckets]
    for name, make, told in runs:
        if told == chosen.redis:
            from mixtrove.providers.redis_server import connect

            with connect(chosen.redis) as client:
                for provider in PER_MINUTE:
                    client.delete(f"slot:{provider}")
        measured(name, make, told, chosen.seconds, chosen.most)
    print(json.dumps({"seconds": chosen.seconds, "processes": PROCESSES, "threads a provider": THREADS}))


if __name__ == "__main__":
    main()

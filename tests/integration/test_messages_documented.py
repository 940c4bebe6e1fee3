"""The example of docs/messages.md, run as it is written, against a worker and RabbitMQ."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mixtrove.messaging.worker import work
from mixtrove.requested import work_queue
from tests.integration.messages_scene import begin

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"


@pytest.mark.rabbitmq
def test_the_example_of_the_page_works(
    tmp_path: Path, sqlite_url: str, rabbitmq_url: str, own_name: str
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(
        example.replace('"mixtrove"', f'"{own_name}"').replace("radio.answers", f"{own_name}.answers")
    )
    scene = begin(tmp_path / "home", sqlite_url, rabbitmq_url, own_name)
    scene.listening = f"{own_name}.answers"
    ended = threading.Event()

    def do_jobs() -> None:
        while not ended.is_set():
            list(work_queue(scene.store, scene.settings))
            time.sleep(0.1)

    threads = [threading.Thread(target=work, args=(scene.settings, ended)), threading.Thread(target=do_jobs)]
    for thread in threads:
        thread.start()
    try:
        done = subprocess.run(
            [sys.executable, str(script)], env={**os.environ, "MIXTROVE_AMQP_URL": rabbitmq_url},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    finally:
        ended.set()
        for thread in threads:
            thread.join(30)
    scene.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "1 provisional Eric Prydz Opus Four Tet Remix",
        "2 skipped None None None",
        "3 provisional Bicep Glue None",
        "discovery.completed ",
    ]

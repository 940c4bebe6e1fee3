"""The collector looks rarely for as long as anybody asks for it, and then as before."""

from __future__ import annotations

import gc

from mixtrove import collector


def test_the_last_block_that_ends_puts_it_back() -> None:
    before = gc.get_threshold()
    first, second = collector.rarely(), collector.rarely()
    first.__enter__()
    assert gc.get_threshold() > before
    second.__enter__()
    first.__exit__(None, None, None)  # of another thread, say: the second is still at work
    assert gc.get_threshold() > before
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before

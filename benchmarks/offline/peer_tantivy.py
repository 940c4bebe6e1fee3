"""tantivy: words of artist and title by BM25, with words one letter away when nothing exact is near enough.

Indexed are lower case words without accents. A question is a disjunction of its words; when the first
answer's likeness is under ``ENOUGH``, every word of four letters or more may also differ by one letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import tantivy

from benchmarks.offline.peers import TOP, Found, cleaned, likeness

ENOUGH = 95.0
HEAP = 512_000_000  # bytes


class Tantivy:
    """An index of texts."""

    def build(self, batches: Iterator[pl.DataFrame], folder: Path) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=True, tokenizer_name="plain", index_option="freq")
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder), reuse=False)
        words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        plain = words.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()
        self._index.register_tokenizer("plain", plain)
        writer = self._index.writer(HEAP, 2)
        for batch in batches:
            for identity, artist, title in batch.select("id", "artist", "title").iter_rows():
                writer.add_document(tantivy.Document(id=identity, text=f"{artist} {title}"))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, text: str) -> Found:
        words = list(dict.fromkeys(re.findall(r"\w+", cleaned(text).replace("_", " "))))
        exact = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", word)) for word in words
        ]
        if not exact:
            return []
        found = self._best(tantivy.Query.boolean_query(exact))
        if found and likeness(text, found[0][1]) >= ENOUGH:
            return found
        near = [
            (tantivy.Occur.Should, tantivy.Query.fuzzy_term_query(self._schema, "text", word, 1))
            for word in words
            if len(word) >= 4
        ]
        return self._best(tantivy.Query.boolean_query(exact + near)) if near else found

    def _best(self, query: tantivy.Query) -> Found:
        hits = self._searcher.search(query, TOP, count=False).hits
        documents = [self._searcher.doc(address) for _, address in hits]
        return [(one.get_first("id"), one.get_first("text")) for one in documents]

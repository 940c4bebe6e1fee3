"""The online providers as a resource: rate-limited clients behind one gateway."""

from collections.abc import Iterator
from contextlib import contextmanager

from mixtrove.discovery import Online, online_if_usable
from resources.failures import permanent
from resources.home import Home


class Providers(Home):
    """MusicBrainz, Discogs, Spotify, Beatport, iTunes and Bandcamp, each within its quota.

    Quotas and answers are shared by all processes of an installation. Credentials are read from
    ``MIXTROVE_<PROVIDER>_…`` when a step starts, and stand in no resource's config. A provider without
    its credentials is off, which is no error.
    """

    @contextmanager
    def open(self) -> Iterator[tuple[Online | None, str]]:
        """The providers, closed at the end of the block; None and why, when their store cannot be used.

        Raises:
            Failure: a variable has a value that cannot be used, or a ``MixtroveError`` in the block.
        """
        with permanent(), online_if_usable(self.settings()) as found:
            yield found

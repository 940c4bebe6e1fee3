"""A stand-in for the online providers, for tests and for trying mixtrove without keys.

All the APIs on one loopback port, with the real shapes, quotas and errors, and with faults on request; they
answer from a catalogue CSV. Nothing here knows mixtrove's own clients.
"""

from mixtrove.providers.simulator.faults import KINDS, TRANSIENT, FaultKind, Faults
from mixtrove.providers.simulator.quotas import QUOTAS, Quota
from mixtrove.providers.simulator.server import Received, Simulator, simulate

__all__ = [
    "KINDS",
    "QUOTAS",
    "TRANSIENT",
    "FaultKind",
    "Faults",
    "Quota",
    "Received",
    "Simulator",
    "simulate",
]

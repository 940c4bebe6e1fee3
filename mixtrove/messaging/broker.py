"""The connection to RabbitMQ, and a sentence for every way in which it cannot be used.

``pika`` is imported here and only when it is needed. Not here: queues (``topology.py``), messages.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mixtrove.errors import BadInput, BrokerUnavailable, MixtroveError

if TYPE_CHECKING:
    from pika import BasicProperties, BlockingConnection
    from pika.adapters.blocking_connection import BlockingChannel

    from mixtrove.settings import Settings

TIMEOUT = 5.0
"""Seconds to connect."""

BLOCKED = 30.0
"""Seconds to wait for a server that takes nothing because memory or disk run out."""

HEARTBEAT = 180
"""Seconds without a sign of life until a connection counts as lost, unless the URL says ``?heartbeat=``.

While a request is parsed and written nobody answers the server: some 6 s for the longest, if nothing else
runs. With the 60 s that RabbitMQ proposes, a very busy machine would lose the request and be given it again,
until it is a dead letter. The price: what a consumer had whose machine died waits for three minutes or more.
That the server's machine died is noticed earlier, by ``KEEPALIVE``.
"""

KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 20, "TCP_KEEPCNT": 3}
"""Seconds without data until the other side is asked, between two questions, and how many go unanswered."""

OLDEST = (3, 10)
"""The first RabbitMQ whose quorum queues let messages expire, which delayed retries need."""

_NAMED = re.compile(r"(?:queue|exchange) '([^']+)'")


@contextmanager
def connected(settings: Settings) -> Iterator[BlockingConnection]:
    """A connection to the server of ``MIXTROVE_AMQP_URL``, closed at the end of the block.

    Errors of the block that come from the server or the connection become sentences.

    Raises:
        BadInput: no server is set, its URL is none, or the package ``pika`` is missing.
        BrokerUnavailable: it cannot be reached or used, or the connection is lost.
    """
    try:
        import pika
    except ImportError as error:
        raise BadInput("RabbitMQ needs the package pika: install mixtrove[messages]") from error
    parameters = _parameters(settings)
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says is said in a sentence
    name = f"{parameters.host}:{parameters.port}"
    with _explained(name, parameters.virtual_host):
        connection = pika.BlockingConnection(parameters)
        try:
            _refuse_older(connection, name)
            yield connection
        finally:
            with suppress(pika.exceptions.AMQPError):
                connection.close()


def server_name(settings: Settings) -> str:
    """The server as a sentence may name it: without user and password."""
    parameters = _parameters(settings)
    return f"{parameters.host}:{parameters.port}, virtual host {parameters.virtual_host}"


def server_version(connection: BlockingConnection) -> str:
    """The version that the server says it has."""
    properties: Mapping[str, Any] = connection._impl.server_properties  # pika has no other way to it
    found = properties.get("version", "")
    return found.decode() if isinstance(found, bytes) else str(found)


def confirming(connection: BlockingConnection) -> BlockingChannel:
    """A channel on which publishing waits until the server has kept the message."""
    channel = connection.channel()
    channel.confirm_delivery()
    return channel


def lasting(**given: Any) -> BasicProperties:
    """Properties of a message that a restart of the server does not lose."""
    import pika

    return pika.BasicProperties(delivery_mode=2, **given)


def _parameters(settings: Settings) -> Any:
    import pika

    if settings.amqp_url is None:
        raise BadInput(
            "MIXTROVE_AMQP_URL is not set: set it to amqp://user:password@host:5672/vhost; without RabbitMQ "
            "events stay in the outbox (`mixtrove events list`)"
        )
    url = settings.amqp_url.get_secret_value()
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
            raise ValueError
        parameters = pika.URLParameters(url)
    except ValueError:  # its text may quote the password
        raise BadInput(
            "MIXTROVE_AMQP_URL is no URL of RabbitMQ: use amqp://user:password@host:5672/vhost, with what is "
            "not a letter or digit of user, password and vhost written as %2F"
        ) from None
    parameters.virtual_host = unquote(parts.path[1:]) or "/"
    parameters.socket_timeout = TIMEOUT
    parameters.stack_timeout = TIMEOUT
    parameters.blocked_connection_timeout = BLOCKED
    parameters.heartbeat = HEARTBEAT if parameters.heartbeat is None else parameters.heartbeat
    parameters.tcp_options = {**KEEPALIVE, **(parameters.tcp_options or {})}
    parameters.client_properties = {"connection_name": "mixtrove"}
    return parameters


def _refuse_older(connection: BlockingConnection, name: str) -> None:
    version = server_version(connection)
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        raise BrokerUnavailable(
            f"{name} is RabbitMQ {version or 'of an unknown version'}: mixtrove needs "
            f"{'.'.join(map(str, OLDEST))} or newer, for quorum queues with delayed retries; upgrade it"
        )


@contextmanager
def _explained(name: str, vhost: str) -> Iterator[None]:
    from pika.adapters.utils.connection_workflow import AMQPConnectorException
    from pika.exceptions import AMQPError

    try:
        yield
    except MixtroveError:
        raise
    except (AMQPError, AMQPConnectorException) as error:
        raise BrokerUnavailable(f"RabbitMQ at {name} {_why(error, vhost)}") from error
    except OSError as error:
        raise BrokerUnavailable(
            f"RabbitMQ at {name} cannot be reached ({error.strerror or error}): start it, or correct "
            "MIXTROVE_AMQP_URL"
        ) from error


def _why(error: Exception, vhost: str) -> str:
    """What is wrong and what to do; what the server says of users is not repeated."""
    from pika import exceptions as known
    from pika.adapters.utils.connection_workflow import AMQPConnectorException

    text = str(error)
    if isinstance(error, known.ProbableAuthenticationError | known.AuthenticationError):
        return "refuses the user or the password: correct them in MIXTROVE_AMQP_URL"
    if isinstance(error, known.ProbableAccessDeniedError):
        if "not found" in text:
            return (
                f"has no virtual host {vhost!r}: correct the end of MIXTROVE_AMQP_URL, or make it with "
                f"`rabbitmqctl add_vhost {vhost}`"
            )
        return (
            f"does not let this user into the virtual host {vhost!r}: `rabbitmqctl set_permissions -p "
            f"{vhost} USER '.*' '.*' '.*'` does"
        )
    if isinstance(error, known.IncompatibleProtocolError | AMQPConnectorException):
        return "does not answer as RabbitMQ does: is it another service? Correct MIXTROVE_AMQP_URL"
    if isinstance(error, known.ConnectionBlockedTimeout):
        return (
            "takes no messages at the moment, memory or disk run out there: make room "
            "(`rabbitmqctl status` shows its alarms)"
        )
    if isinstance(error, known.NackError | known.UnroutableError):
        return "did not keep a message: is its queue there and not full? `mixtrove doctor` looks"
    if isinstance(error, known.ChannelClosedByBroker):
        return _channel(error.reply_code, text)
    if isinstance(error, known.ConnectionClosed):
        return "ended the connection (a restart, or an administrator): it is tried again by `messages work`"
    if isinstance(error, known.AMQPConnectionError) and "ConnectionRefused" in repr(error):
        return "cannot be reached, nothing listens there: start it, or correct MIXTROVE_AMQP_URL"
    return "cannot be reached, or the connection was lost: see that it runs and that the network holds"


def _channel(code: int, text: str) -> str:
    named = _NAMED.search(text)
    thing = named.group(1) if named else "what is needed"
    if code == 404:
        return f"has no {thing} (deleted?): `mixtrove messages work` declares it anew"
    if code == 406:
        return (
            f"has {thing} with other arguments than are needed: empty and delete it "
            f"(`rabbitmqctl delete_queue {thing}`); `mixtrove messages work` declares it anew"
        )
    if code == 403:
        return f"does not let this user use {thing}: give it the rights with `rabbitmqctl set_permissions`"
    return f"refused an operation (code {code}): its log says more"

"""What leaves for people and programs, and what programs ask for.

Here: RabbitMQ (requests become jobs, what happened leaves as events) and notifications for people. Nothing
here is needed without ``MIXTROVE_AMQP_URL`` and ``MIXTROVE_NOTIFY_URLS``: jobs come from elsewhere too, and
events stay in the outbox. Not here: what happened (``mixtrove.library``), how a request is done
(``mixtrove.requested``).
"""

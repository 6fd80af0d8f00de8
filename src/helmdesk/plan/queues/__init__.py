"""What a number of people means for those who wait: exact formulas for whole arrays at once.

Every function here is pure. It takes numbers or arrays that broadcast against each other, in one
unit of time for all of them (minutes, say, with arrivals a minute), and answers with arrays in that
unit. No volume, staffing or patience of the range raises or gives NaN: where a queue has no end,
`Waiting.is_stable` is false, waits are infinite and the service level is 0.
"""

from helmdesk.plan.queues.chat_chain import chat_chain
from helmdesk.plan.queues.deferred import Backlog, deferred_work
from helmdesk.plan.queues.erlang_a import erlang_a
from helmdesk.plan.queues.erlang_b import erlang_b
from helmdesk.plan.queues.erlang_c import erlang_c
from helmdesk.plan.queues.erlang_x import Redials, erlang_x
from helmdesk.plan.queues.waiting import ServiceLevel, Waiting

__all__ = [
    "Backlog",
    "Redials",
    "ServiceLevel",
    "Waiting",
    "chat_chain",
    "deferred_work",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "erlang_x",
]

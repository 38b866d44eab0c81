"""Two ways to orchestrate that nothing here runs: reckoned on paper, from the counted operations of the state machine.

The participants, their records and their facts stay the same; only what coordinates them is exchanged. Nothing of this
was measured.
"""

from collections.abc import Callable, Mapping
from typing import Final

from infra.prices import Prices
from sandbox.metering.by_hand import BILLS, Bill
from sandbox.metering.cost import PRICED
from sandbox.metering.counts import TRANSITIONS
from sandbox.modes import ORCHESTRATION

EXPRESS_SECONDS: Final = 1.0
EXPRESS_GB: Final = 64 / 1024
"""The least memory an Express workflow is billed for; a second is taken for the whole of it, which is an assumption."""


def orchestrated() -> tuple[Bill, ...]:
    """The bills of the state machine, outcome by outcome."""
    return tuple(bill for bill in BILLS if bill.mode == ORCHESTRATION.name)


def participants(bill: Bill, prices: Prices) -> float:
    """What a trip costs besides the states of the machine, in US dollars."""
    return sum(
        count * PRICED[meter][1] * prices[PRICED[meter][0]]
        for (meter, _), count in bill.total.items()
        if meter != TRANSITIONS
    )


def standard(bill: Bill, prices: Prices) -> float:
    """What its coordination costs with a Standard workflow: the one that is built and counted."""
    return sum(count for (meter, _), count in bill.total.items() if meter == TRANSITIONS) * prices["state_transition"]


def express(_: Bill, prices: Prices) -> float:
    """With an Express workflow: a request, and its duration. It may run a trip twice, so it does not fit a saga."""
    return prices["express_request"] + EXPRESS_SECONDS * EXPRESS_GB * prices["express_gb_second"]


def durable(bill: Bill, prices: Prices) -> float:
    """With a Lambda durable function: an operation for each call of a participant, and a call to start and to resume it each time.

    Its own running time and the few hundred bytes that it keeps are left out: they are what only a measurement would tell.
    """
    calls = sum(", and calls " in step.what for step in bill.steps)
    return calls * prices["durable_operation"] + (1 + calls) * prices["lambda_request"]


COORDINATORS: Final[Mapping[str, Callable[[Bill, Prices], float]]] = {
    "Standard workflow (built, counted)": standard,
    "Express workflow (paper)": express,
    "durable function (paper)": durable,
}

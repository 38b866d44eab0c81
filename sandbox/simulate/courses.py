"""The course of a trip to each of its outcomes, recorded from the shipped handlers: who works when, on what, doing what.

One trip at a time, with nothing going wrong, in virtual time; so a change of a handler or of a rule changes the courses.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from random import Random
from typing import Any, Final

from infra.catalog import CATALOG, OBSERVER
from infra.stages import named
from sandbox.modes import MODES
from sandbox.simulate.queue import Letter
from sandbox.simulate.scenario import LAST_PLACES
from sandbox.simulate.weather import AnyPace, Weather
from sandbox.simulate.world import SimulatedWorld
from sandbox.world import Inbox
from shared.saga.driver import Result
from shared.saga.effects import Announce, Decide, Effect, Look, Release

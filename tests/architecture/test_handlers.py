"""A handlers file holds names, no logic; and the names are those that are deployed."""

import ast
from pathlib import Path

import pytest

from infra.catalog import CATALOG
from infra.units import units_of  # noqa: F401

"""Templates of each stage, synthesised at most once per state of the code."""

from dataclasses import replace
from functools import cache

import pytest
from aws_cdk import App

from infra.app import build
from infra.catalog import CATALOG
from infra.stages import LOCAL
from infra.synth import synth
from tests.infra.templates import Template, Templates, read

STAGES = ("local", "dev", "prod")


@cache
def templates_of(stage: str) -> Templates:
    """The templates of a stage by stack name."""
    return read(synth(stage))


@pytest.fixture(params=STAGES)
def stage_name(request: pytest.FixtureRequest) -> str:
    """Each stage in turn."""
    name: str = request.param
    return name


@pytest.fixture
def templates(stage_name: str) -> list[Template]:
    """All stacks of the stage."""
    return list(templates_of(stage_name).values())


@pytest.fixture
def local() -> Templates:
    """Stage local, by stack name."""
    return templates_of("local")


@pytest.fixture
def prod() -> Templates:
    """Stage prod, by stack name."""
    return templates_of("prod")


@pytest.fixture(scope="session")
def without(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Stage local, had it no orchestrator."""
    folder = tmp_path_factory.mktemp("without")
    app = App(outdir=str(folder), analytics_reporting=False)
    build(app, replace(LOCAL, orchestrator=False), CATALOG)
    app.synth()
    return read(folder)

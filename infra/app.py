"""The CDK app: every stack of one stage, or a few of them.

Context: `-c stage=local` (the default) and, to leave the other stacks out, `-c services=hotel,car`
(`platform` is one of them).
"""

from collections.abc import Iterable

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import Construct

from infra import packaging
from infra.catalog import CATALOG, ORCHESTRATOR, Catalog
from infra.names import PLATFORM
from infra.observer import ObserverStack
from infra.orchestrator import OrchestratorStack
from infra.participant import ParticipantStack
from infra.platform import PlatformStack
from infra.stages import Stage, named


def main(catalog: Catalog = CATALOG) -> None:
    """Synthesise what the context asks for; cdk-nag has the last word."""
    app = App(analytics_reporting=False)
    stage = named(app.node.try_get_context("stage") or "local", catalog.saga)
    wanted = app.node.try_get_context("services")
    build(app, stage, catalog, wanted.split(",") if wanted else None)
    app.synth()


def build(app: App, stage: Stage, catalog: Catalog, services: Iterable[str] | None = None) -> None:
    """Add a stage's stacks and the checks that they must pass. ValueError: no such service."""
    every = (PLATFORM, *(name for name in catalog.services if name != ORCHESTRATOR or stage.orchestrator))
    wanted = list(services) if services is not None else list(every)
    unknown = sorted(set(wanted) - set(every))
    if unknown:
        raise ValueError(f"no service {', '.join(unknown)}: there are {', '.join(every)}")
    for service in wanted:
        add_stack(app, stage, catalog, service)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def add_stack(scope: Construct, stage: Stage, catalog: Catalog, service: str) -> None:
    """Add the stack of one service, or of the platform."""
    if service == PLATFORM:
        PlatformStack(scope, stage, catalog)
        return
    code = packaging.build(stage, service, package=catalog.package)
    if service == catalog.saga.observer:
        ObserverStack(scope, stage, catalog, code)
    elif service == ORCHESTRATOR:
        OrchestratorStack(scope, stage, catalog, code)
    else:
        ParticipantStack(scope, stage, catalog, catalog.named(service), code)


if __name__ == "__main__":
    main()

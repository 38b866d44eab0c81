"""Which participants the records saga has, in which order."""

from typing import Final

from examples.records.commit.participant import COMMIT
from examples.records.process.participant import PROCESS
from examples.records.transform.participant import TRANSFORM
from infra.catalog import Catalog

RECORDS_CATALOG: Final = Catalog.of(
    *(PROCESS, TRANSFORM, COMMIT),
    package="examples.records",
    app="records",
    templates="examples.records.deploy.app",
    example="examples/records/records-success.json",
)

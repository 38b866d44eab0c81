"""The CDK app of the records saga: `npx aws-cdk@2.1148.1 --app "python -m examples.records.deploy.app" deploy --all -c stage=dev`."""

from examples.records.deploy.catalog import RECORDS_CATALOG
from infra.app import main

if __name__ == "__main__":
    main(RECORDS_CATALOG)

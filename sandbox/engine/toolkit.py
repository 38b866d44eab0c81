"""What `cdk bootstrap` leaves behind, as far as a deployment needs it.

Same stack name and logical ids, so that the CDK command finds an account that it knows, and its own
`cdk bootstrap` turns this into the full one.
"""

from typing import Any, Final

from sandbox.engine.clients import ACCOUNT, REGION

STACK: Final = "CDKToolkit"
VERSION_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"
VERSION: Final = "30"
BUCKET: Final = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"

TEMPLATE: Final[dict[str, Any]] = {
    "Resources": {
        "StagingBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "CdkBootstrapVersion": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": VERSION_PARAMETER, "Value": VERSION},
        },
    },
    "Outputs": {
        "BucketName": {"Value": BUCKET},
        "BucketDomainName": {"Value": {"Fn::GetAtt": ["StagingBucket", "RegionalDomainName"]}},
        "BootstrapVersion": {"Value": VERSION},
    },
}

"""The CDK command line tool: which one, and how to keep it and its runtime to the point."""

from typing import Final

CDK: Final = "aws-cdk@2.1148.1"
"""The newest one that reads what this library writes (later ones refuse its assembly's schema)."""

QUIET: Final = {
    # A warning about the age of Node.js is not about these templates.
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
}

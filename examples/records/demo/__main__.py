"""`python -m examples.records.demo`: exit code 0 only if every transaction ended as it must."""

import sys

from examples.records.demo.demonstration import demo


def main() -> int:
    """Run the demonstration, and say how it went."""
    wrong = demo(lambda line: print(line, flush=True))  # noqa: T201 - it is what a person asked for
    if wrong:
        sys.stderr.write("\n".join(["the demonstration failed:", *wrong, ""]))
        return 1
    sys.stdout.write("\nEvery transaction ended as it must: three records or none, and the auditor found nothing.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

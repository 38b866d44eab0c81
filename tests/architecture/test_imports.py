"""Arrows point inward, and nobody imports outward."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.relative_to(ROOT) for part in ("shared", "services") for path in (ROOT / part).rglob("*.py"))
AWS = {"boto3", "botocore", "aws_lambda_powertools"}
OUTER = {"infra", "sandbox", "console", "examples", "tests"}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def tops(path: Path) -> set[str]:
    """The packages that a file imports from."""
    return {module.partition(".")[0] for module in imported(path)}


def test_the_import_contracts_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of pyproject.toml, as `lint-imports` checks them."""
    broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    told = capsys.readouterr().out
    assert broken == 0, told
    assert "0 broken" in told


@pytest.mark.parametrize("service", ["hotel", "flight", "car"])
def test_a_domain_imports_the_standard_library_alone(service: str) -> None:
    """Nouns and rules need no framework, not even ours."""
    assert tops(Path(f"services/{service}/domain.py")) <= sys.stdlib_module_names


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.parts[:2] != ("shared", "aws")], ids=str)
def test_only_the_aws_adapters_know_aws(path: Path) -> None:
    """boto3 and Powertools are imported in shared/aws, and nowhere else in what ships."""
    assert not tops(path) & AWS


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_nothing_that_ships_knows_what_does_not(path: Path) -> None:
    """The code of a function never imports infra, sandbox or console; nor a test's library."""
    third_party = AWS | {"msgspec"}
    assert tops(path) <= sys.stdlib_module_names | third_party | {"shared", "services"}
    assert not tops(path) & OUTER


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.parts[0] == "services"], ids=str)
def test_a_service_imports_itself_and_shared(path: Path) -> None:
    """Never another service: each ships alone."""
    if len(path.parts) > 2:
        own = f"services.{path.parts[1]}"
        assert all(module.startswith(own) for module in imported(path) if module.startswith("services"))


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.parts[0] == "shared"], ids=str)
def test_shared_imports_no_service(path: Path) -> None:
    """If shared names a room, it is in the wrong place."""
    assert "services" not in tops(path)


def test_the_saga_runtime_reads_no_environment_and_no_clock() -> None:
    """Time and settings come in from outside, or no run could be repeated."""
    forbidden = {"os", "random", "uuid"}
    for path in SHIPPED:
        if path.parts[:2] == ("shared", "saga") or path.name in (
            "domain.py",
            "inventory.py",
            "observer.py",
            "standing.py",
        ):
            assert not tops(path) & forbidden, path
            names = {
                node.attr for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Attribute)
            }
            assert not names & {"now", "utcnow", "today", "environ"}, path

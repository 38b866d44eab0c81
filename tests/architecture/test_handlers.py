"""A handlers file holds names, no logic; and the names are those that are deployed."""

import ast
from pathlib import Path

import pytest

from infra.catalog import CATALOG
from infra.synth import synth
from tests.infra.templates import read

SERVICES = Path(__file__).parents[2] / "services"


def statements(service: str) -> list[ast.stmt]:
    """The file's statements after its docstring."""
    body = ast.parse((SERVICES / service / "handlers.py").read_text()).body
    assert isinstance(body[0], ast.Expr), f"{service}: no docstring"
    return body[1:]


@pytest.mark.parametrize("service", CATALOG.services)
def test_a_handlers_file_holds_names_and_no_logic(service: str) -> None:
    """Imports, and `name = maker(descriptor)`; nothing that could be wrong."""
    for statement in statements(service):
        if not isinstance(statement, ast.ImportFrom):
            assert isinstance(statement, ast.Assign), ast.unparse(statement)
            assert isinstance(statement.value, ast.Call), ast.unparse(statement)
            assert all(isinstance(argument, ast.Name) for argument in statement.value.args)


@pytest.mark.parametrize("service", CATALOG.services)
def test_every_handler_is_deployed_and_every_deployed_one_is_there(service: str) -> None:
    """A misspelt handler would only fail once it is invoked."""
    names = {
        target.id
        for statement in statements(service)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    functions = read(synth("local"))[f"wayfare-local-{service}"].all("AWS::Lambda::Function")
    deployed = {function.properties["Handler"] for function in functions}
    assert deployed == {f"services.{service}.handlers.{name}" for name in names}


def test_services_have_the_same_files_with_different_contents() -> None:
    """Symmetry: whoever knows one participant knows them all."""
    files = [
        {path.name for path in (SERVICES / who.name).iterdir() if path.suffix == ".py"} for who in CATALOG.participants
    ]
    assert all(each == files[0] for each in files)

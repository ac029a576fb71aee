"""What each database does differently: one Backend for each, found by the name of its dialect."""

import inspect
from importlib import import_module

import pytest
import sqlalchemy as sa

from nbmigrate.database import backends
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Backend

NAMES = sorted(backends._HOMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_function_of_a_folder_takes_what_the_method_takes(name: str) -> None:
    backend = backend_of(name)
    for attribute, method in vars(type(backend)).items():
        if not inspect.isfunction(method) or method.__module__ != Backend.__module__:
            continue
        place = inspect.getclosurevars(method).nonlocals
        folder = type(backend).__module__.rpartition(".")[0]
        function = getattr(import_module(f"{folder}.{place['module']}"), place["name"])
        parameters = [*inspect.signature(getattr(Backend, attribute)).parameters.values()][1:]
        positional = [object() for each in parameters if each.kind is not each.KEYWORD_ONLY]
        named = {each.name: object() for each in parameters if each.kind is each.KEYWORD_ONLY}
        inspect.signature(function).bind(*positional, **named)


@pytest.mark.parametrize("name", NAMES)
def test_a_backend_has_only_what_every_database_has(name: str) -> None:
    own = {each for each in vars(type(backend_of(name))) if not each.startswith("_")}
    assert own <= set(dir(Backend))


def test_a_database_without_a_folder_has_a_plain_one() -> None:
    assert type(backend_of("monetdb")) is Backend
    assert backend_of("monetdb").product(sa.create_mock_engine("sqlite://", print).dialect) == "Sqlite"


def test_a_driver_after_a_point_does_not_count() -> None:
    assert type(backend_of("sqlite.other")) is type(backend_of("sqlite"))


def test_a_connection_and_its_dialect_have_the_same() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        assert backend_of(connection) is backend_of(connection.dialect) is backend_of("sqlite")

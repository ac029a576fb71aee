"""What people import."""

import inspect
import subprocess
import sys

import nbmigrate
from nbmigrate import commands, errors
from nbmigrate.commands.parser import build, summaries


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(nbmigrate.__all__) == nbmigrate.__dir__()
    for name in nbmigrate.__all__:
        assert getattr(nbmigrate, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    program = "import nbmigrate\ntry:\n    nbmigrate.nothing\nexcept AttributeError as e:\n    print(e)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "module 'nbmigrate' has no attribute 'nothing'\n"


def test_every_verb_is_a_function_with_a_docstring() -> None:
    assert set(summaries()) == {name.removesuffix("_sql") for name in commands.__all__}
    for name in commands.__all__:
        function = getattr(commands, name)
        assert inspect.isfunction(function), name
        assert (function.__doc__ or "").split("\n")[0].rstrip(":;").endswith((".", "there", "given")), name


def test_every_verb_and_option_has_help() -> None:
    parser, verbs = build()
    for each in (parser, *verbs.values()):
        assert [action.dest for action in each._actions if action.dest != "verb" and not action.help] == []


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        assert version("nbmigrate") == nbmigrate.__version__
    except PackageNotFoundError:
        # The suite runs from a checkout too, where nothing is installed.
        assert nbmigrate.__version__.count(".") == 2


def test_an_error_is_caught_by_its_former_name() -> None:
    assert errors.HalfwayError is errors.InterruptedRevisionError

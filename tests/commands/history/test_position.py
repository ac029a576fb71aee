"""Where the database stands, as the commands that move it and those that only read it print it."""

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.history.position import current_heads


@pytest.fixture
def dependent(empty: Project) -> Project:
    """Two bases: a1 - a2, and shop: s1, which depends on a2."""
    commands.revision(empty, "a one", rev_id="a1", body="pass")
    commands.revision(empty, "a two", rev_id="a2", body="pass")
    commands.revision(
        empty, "s one", rev_id="s1", head="base", branch_label=["shop"], depends_on=["a2"], body="pass"
    )
    return empty


def test_every_command_lists_the_same_position(dependent: Project) -> None:
    done = commands.upgrade(dependent, "heads")

    assert current_heads(dependent) == ("s1",)
    lines = str(commands.current(dependent)).splitlines()
    assert lines == ["a2 (effective head)", "s1 (head)"]
    position = f"at {', '.join(lines)}."
    assert str(done).endswith(f"\nNow {position}")
    assert str(commands.upgrade(dependent, "heads")) == f"Nothing to upgrade: the database is {position}"
    (note,) = commands.preview(dependent, "upgrade", "heads").notes
    assert note == "Nothing to upgrade: the database is at a2, s1."
    assert str(commands.stamp(dependent, ["heads"])) == f"Nothing to stamp: the database is {position}"
    commands.stamp(dependent, ["base"])
    assert str(commands.stamp(dependent, ["heads"])).endswith(f"\nNow {position}")


def test_what_is_left_after_a_downgrade(dependent: Project) -> None:
    commands.upgrade(dependent, "heads")

    done = commands.downgrade(dependent, "shop@base")

    assert str(done).endswith(f"\nNow at {commands.current(dependent)}.")

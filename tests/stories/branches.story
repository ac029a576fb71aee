Branches, and merging two heads, then three.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- base.py --
    op.create_table('base', sa.Column('id', sa.Integer))

-- left.py --
    op.create_table('lefts', sa.Column('id', sa.Integer))

-- right.py --
    op.create_table('rights', sa.Column('id', sa.Integer))

$ nbmigrate revision -m base --rev-id aaaa1 --body base.py
    Generating ~/practice/versions/aaaa1_base.py ...  done

$ nbmigrate revision -m left --rev-id bbbb1 --body left.py
    Generating ~/practice/versions/bbbb1_left.py ...  done

A second child of a revision that has one must be asked for.

$ nbmigrate revision -m right --rev-id bbbb2 --head aaaa1 --body right.py
    ! FAILED: Revision aaaa1 is not a head revision; please specify --splice to create a new branch from this revision
    ! What comes after it: bbbb1. The heads are: bbbb1.

$ nbmigrate revision -m right --rev-id bbbb2 --head aaaa1 --splice --body right.py
    Generating ~/practice/versions/bbbb2_right.py ...  done

$ nbmigrate heads
    bbbb1 (head)
    bbbb2 (head)

$ nbmigrate revision -m more
    ! FAILED: Multiple heads are present; please specify the head revision on which the new revision should be based, or perform a merge.
    ! The heads are: bbbb1, bbbb2. Choose with --head, or `merge heads`.

$ nbmigrate upgrade head
    ! FAILED: Multiple head revisions are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads
    ! They are bbbb1, bbbb2.

$ nbmigrate upgrade heads
    Running upgrade  -> aaaa1, base  (3 statements, 0 ms)
    Running upgrade aaaa1 -> bbbb2, right  (2 statements, 0 ms)
    Running upgrade aaaa1 -> bbbb1, left  (2 statements, 0 ms)
    Now at bbbb1 (head), bbbb2 (head).

$ nbmigrate current
    bbbb1 (head)
    bbbb2 (head)

$ nbmigrate downgrade -1
    ! FAILED: Ambiguous downgrade from multiple current revisions: '-1' from bbbb1, bbbb2
    ! Write which, as in 'bbbb1@-1', or name the revision to go down to.

$ nbmigrate downgrade bbbb2@-1
    Running downgrade bbbb2 -> aaaa1, right  (2 statements, 0 ms)
    Now at bbbb1 (head).

$ nbmigrate upgrade heads
    Running upgrade aaaa1 -> bbbb2, right  (2 statements, 0 ms)
    Now at bbbb1 (head), bbbb2 (head).

$ nbmigrate merge bbbb1 bbbb2 -m "both sides" --rev-id cccc1
    Generating ~/practice/versions/cccc1_both_sides.py ...  done

$ nbmigrate upgrade head
    Running upgrade bbbb1, bbbb2 -> cccc1, both sides  (2 statements, 0 ms)
    Now at cccc1 (head) (mergepoint).

$ nbmigrate current
    cccc1 (head) (mergepoint)

$ sql SELECT * FROM alembic_version
    cccc1

$ nbmigrate graph
    ◉     cccc1 (head) (current) (mergepoint), both sides
    ├─╮
    ● │   bbbb1, left
    │ ●   bbbb2, right
    ├─╯
    ●     aaaa1 (branchpoint), base

$ nbmigrate downgrade -1
    Running downgrade cccc1 -> bbbb1, bbbb2, both sides  (2 statements, 0 ms)
    Now at bbbb1, bbbb2.

Three heads in one: all that there are.

$ nbmigrate revision -m one --rev-id dddd1 --head cccc1
    Generating ~/practice/versions/dddd1_one.py ...  done

$ nbmigrate revision -m two --rev-id dddd2 --head cccc1 --splice
    Generating ~/practice/versions/dddd2_two.py ...  done

$ nbmigrate revision -m three --rev-id dddd3 --head cccc1 --splice
    Generating ~/practice/versions/dddd3_three.py ...  done

$ nbmigrate merge heads -m "all three" --rev-id eeee1
    Generating ~/practice/versions/eeee1_all_three.py ...  done

$ nbmigrate history
    dddd1, dddd2, dddd3 -> eeee1 (head) (mergepoint), all three
    cccc1 -> dddd1, one
    cccc1 -> dddd2, two
    cccc1 -> dddd3, three
    bbbb1, bbbb2 -> cccc1 (branchpoint) (mergepoint), both sides
    aaaa1 -> bbbb1, left
    aaaa1 -> bbbb2, right
    <base> -> aaaa1 (branchpoint), base

$ nbmigrate show eeee1
    Rev: eeee1 (head) (mergepoint)
    Merges: dddd1, dddd2, dddd3
    Path: ~/practice/versions/eeee1_all_three.py

        all three

        Revision ID: eeee1
        Revises: dddd1, dddd2, dddd3
        Create Date: 2021-06-20 03:58:06.808542

    """all three

    Revision ID: eeee1
    Revises: dddd1, dddd2, dddd3
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = 'eeee1'
    down_revision: Union[str, Sequence[str], None] = ('dddd1', 'dddd2', 'dddd3')
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        pass


    def downgrade() -> None:
        """Downgrade schema."""
        pass

$ nbmigrate upgrade head
    Running upgrade bbbb1, bbbb2 -> cccc1, both sides  (2 statements, 0 ms)
    Running upgrade cccc1 -> dddd3, three  (1 statement, 0 ms)
    Running upgrade cccc1 -> dddd2, two  (1 statement, 0 ms)
    Running upgrade cccc1 -> dddd1, one  (1 statement, 0 ms)
    Running upgrade dddd1, dddd2, dddd3 -> eeee1, all three  (3 statements, 0 ms)
    Now at eeee1 (head) (mergepoint).

$ nbmigrate graph
    ◉       eeee1 (head) (current) (mergepoint), all three
    ├─┬─╮
    ● │ │   dddd1, one
    │ ● │   dddd2, two
    │ │ ●   dddd3, three
    ├─┴─╯
    ●       cccc1 (branchpoint) (mergepoint), both sides
    ├─╮
    ● │     bbbb1, left
    │ ●     bbbb2, right
    ├─╯
    ●       aaaa1 (branchpoint), base

$ nbmigrate downgrade aaaa1
    Running downgrade eeee1 -> dddd1, dddd2, dddd3, all three  (3 statements, 0 ms)
    Running downgrade dddd1 -> cccc1, one  (1 statement, 0 ms)
    Running downgrade dddd2 -> cccc1, two  (1 statement, 0 ms)
    Running downgrade dddd3 -> cccc1, three  (1 statement, 0 ms)
    Running downgrade cccc1 -> bbbb1, bbbb2, both sides  (2 statements, 0 ms)
    Running downgrade bbbb1 -> aaaa1, left  (2 statements, 0 ms)
    Running downgrade bbbb2 -> aaaa1, right  (2 statements, 0 ms)
    Now at aaaa1 (branchpoint).

$ sql SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1
    alembic_version
    base

$ nbmigrate merge eeee1 aaaa1
    ! FAILED: Revision aaaa1 is not a head revision; please specify --splice to create a new branch from this revision
    ! What comes after it: bbbb1, bbbb2. The heads are: eeee1.

$ nbmigrate downgrade base
    Running downgrade aaaa1 -> , base  (2 statements, 0 ms)
    Now at base.

A project that the alembic command runs too.

$ nbmigrate init practice --template alembic
    .
    ├─ alembic.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

$ nbmigrate upgrade head
    ! FAILED: sqlalchemy.url is still the placeholder of the template, driver://...
    ! Set yours: config sqlalchemy.url sqlite:///db_file.db

$ nbmigrate config sqlalchemy.url sqlite:///db_file.db
    alembic.ini:18
    - sqlalchemy.url = driver://user:***@localhost/dbname
    + sqlalchemy.url = sqlite:///db_file.db

-- body.py --
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body body.py
    Generating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ cat practice/versions/29cf196546aa_first_example.py
    """first example

    Revision ID: 29cf196546aa
    Revises:
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from alembic import op
    import sqlalchemy as sa


    # revision identifiers, used by Alembic.
    revision: str = '29cf196546aa'
    down_revision: Union[str, Sequence[str], None] = None
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))


    def downgrade() -> None:
        """Downgrade schema."""
        op.drop_table('customer')


    # nbmigrate wrote this file: cell 672606aab3fe, text 77be01aa42c3

$ nbmigrate upgrade head
    Running upgrade  -> 29cf196546aa, first example  (3 statements, 0 ms)
    Now at 29cf196546aa (head).

$ nbmigrate current
    29cf196546aa (head)

$ nbmigrate downgrade -1
    Running downgrade 29cf196546aa -> , first example  (2 statements, 0 ms)
    Now at base.

$ nbmigrate init other
    ! FAILED: alembic.ini is here already; with nbmigrate.ini beside it no command would know which is meant.
    ! Make the other project in a folder of its own.

$ nbmigrate init other --template alembik
    ! FAILED: There is no value for --template 'alembik'.
    ! Did you mean 'alembic'? Valid: nbmigrate, generic, alembic, async, multidb, pyproject, pyproject_async.

A body without functions is the upgrade; the way back is found where there is one.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- create.py --
    customer = op.create_table(
        'customer',
        sa.Column('id', sa.Integer, primary_key=True),
        sa.Column('name', sa.String(50), nullable=False, server_default='x'),
    )
    op.bulk_insert(customer, [{'id': 1, 'name': 'Ada'}])
    op.create_index('ix_customer_name', 'customer', ['name'], unique=True)

-- column.py --
    op.add_column('customer', sa.Column('born', sa.Date))
    op.alter_column('customer', 'name', new_column_name='fullname')
    op.rename_table('customer', 'client')

-- twice.py --
    for number in range(2):
        op.create_table(f'part_{number}', sa.Column('id', sa.Integer))

$ nbmigrate revision -m create --rev-id aaaa1 --body create.py
    Generating ~/practice/versions/aaaa1_create.py ...  done

$ nbmigrate revision -m column --rev-id bbbb1 --body column.py
    Generating ~/practice/versions/bbbb1_column.py ...  done

$ nbmigrate revision -m parts --rev-id cccc1 --body twice.py
    Generating ~/practice/versions/cccc1_parts.py ...  done

$ cat practice/versions/aaaa1_create.py
    """create

    Revision ID: aaaa1
    Revises:
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = 'aaaa1'
    down_revision: Union[str, Sequence[str], None] = None
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        customer = op.create_table(
            'customer',
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('name', sa.String(50), nullable=False, server_default='x'),
        )
        op.bulk_insert(customer, [{'id': 1, 'name': 'Ada'}])
        op.create_index('ix_customer_name', 'customer', ['name'], unique=True)


    def downgrade() -> None:
        """Downgrade schema."""
        op.drop_index('ix_customer_name', table_name='customer')
        op.drop_table('customer')


    # nbmigrate wrote this file: cell b5f17e6fbcff, text 77be01aa42c3

$ cat practice/versions/bbbb1_column.py
    """column

    Revision ID: bbbb1
    Revises: aaaa1
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = 'bbbb1'
    down_revision: Union[str, Sequence[str], None] = 'aaaa1'
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        op.add_column('customer', sa.Column('born', sa.Date))
        op.alter_column('customer', 'name', new_column_name='fullname')
        op.rename_table('customer', 'client')


    def downgrade() -> None:
        """Downgrade schema."""
        op.rename_table('client', 'customer')
        op.alter_column('customer', 'fullname', new_column_name='name')
        op.drop_column('customer', 'born')


    # nbmigrate wrote this file: cell d0252ec83b94, text 77be01aa42c3

$ cat practice/versions/cccc1_parts.py
    """parts

    Revision ID: cccc1
    Revises: bbbb1
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = 'cccc1'
    down_revision: Union[str, Sequence[str], None] = 'bbbb1'
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        for number in range(2):
            op.create_table(f'part_{number}', sa.Column('id', sa.Integer))


    def downgrade() -> None:
        """Downgrade schema."""
        op.drop_table('part_1')
        op.drop_table('part_0')


    # nbmigrate wrote this file: cell b26587aa1197, text 77be01aa42c3

$ nbmigrate upgrade head
    Running upgrade  -> aaaa1, create  (5 statements, 0 ms)
    Running upgrade aaaa1 -> bbbb1, column  (4 statements, 0 ms)
    Running upgrade bbbb1 -> cccc1, parts  (3 statements, 0 ms)
    Now at cccc1 (head).

$ nbmigrate tables
    table            rows
    ---------------  ----
    alembic_version     1
    client              1
    part_0              0
    part_1              0

$ nbmigrate schema client
    column    type         nullable  default  key
    --------  -----------  --------  -------  -------
    id        INTEGER      no                 primary
    fullname  VARCHAR(50)  no        'x'
    born      DATE         yes

    kind         name              what
    -----------  ----------------  ------------------
    primary key                    (id)
    index        ix_customer_name  (fullname), unique

$ nbmigrate downgrade aaaa1
    Running downgrade cccc1 -> bbbb1, parts  (3 statements, 0 ms)
    Running downgrade bbbb1 -> aaaa1, column  (4 statements, 0 ms)
    Now at aaaa1.

$ nbmigrate schema customer
    column  type         nullable  default  key
    ------  -----------  --------  -------  -------
    id      INTEGER      no                 primary
    name    VARCHAR(50)  no        'x'

    kind         name              what
    -----------  ----------------  --------------
    primary key                    (id)
    index        ix_customer_name  (name), unique

$ nbmigrate table customer
    id  name
    --  ----
     1  Ada

$ nbmigrate downgrade base
    Running downgrade aaaa1 -> , create  (3 statements, 0 ms)
    Now at base.

$ sql SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1
    alembic_version

There is no way back from these, and nothing is written.

-- drop.py --
    op.drop_table('customer')

-- dropped_column.py --
    op.add_column('customer', sa.Column('a', sa.Integer))
    op.drop_column('customer', 'b')

-- execute.py --
    op.execute("UPDATE customer SET name = 'x'")

-- ask.py --
    for row in op.get_bind().execute(sa.text('SELECT 1')):
        op.drop_table('t')

-- broken.py --
    op.create_table('t'
        sa.Column('id'))

$ nbmigrate revision -m drop --body drop.py
    ! FAILED: drop.py: No downgrade can be generated for op.drop_table('customer'), because its columns are not in this revision.
    ! Write `def upgrade():` and `def downgrade():` in the body.

$ nbmigrate revision -m drop --body dropped_column.py
    ! FAILED: dropped_column.py: No downgrade can be generated for op.drop_column('customer', 'b'), because the column's type is not in this revision.
    ! Write `def upgrade():` and `def downgrade():` in the body.

$ nbmigrate revision -m drop --body execute.py
    ! FAILED: execute.py: No downgrade can be generated for op.execute("UPDATE customer SET name = 'x'"), because nbmigrate does not know how to undo a statement.
    ! Write `def upgrade():` and `def downgrade():` in the body.

$ nbmigrate revision -m drop --body ask.py
    ! FAILED: ask.py: No downgrade can be generated: op.get_bind() needs a database, and this migration is only being read.
    ! Write `def upgrade():` and `def downgrade():` in the body.

$ nbmigrate revision -m drop --body broken.py
    ! FAILED: broken.py: line 1: invalid syntax. Perhaps you forgot a comma?
    !     op.create_table('t'
    !                     ^
    ! Fix the line; nothing was written.

$ nbmigrate history
    bbbb1 -> cccc1 (head), parts
    aaaa1 -> bbbb1, column
    <base> -> aaaa1, create

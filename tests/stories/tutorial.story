The tutorial, word for word: from an empty folder to a migrated database, and back.

$ nbmigrate init practice
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

There is a url in the ini already; the tutorial replaces it.

$ nbmigrate config sqlalchemy.url sqlite:///db_file.db
    nbmigrate.ini:9
    - sqlalchemy.url = sqlite:///%(here)s/practice.db
    + sqlalchemy.url = sqlite:///db_file.db

$ nbmigrate config
    key                   value                 source
    --------------------  --------------------  ----------------
    script_location       practice              nbmigrate.ini:5
    sqlalchemy.url        sqlite:///db_file.db  nbmigrate.ini:9
    prepend_sys_path      .                     nbmigrate.ini:12
    path_separator        os                    nbmigrate.ini:13
    file_template         %(rev)s_%(slug)s      default
    truncate_slug_length  40                    default
    output_encoding       utf-8                 default

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa
    Generating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ cat practice/versions/29cf196546aa_first_example.py
    """first example

    Revision ID: 29cf196546aa
    Revises:
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = '29cf196546aa'
    down_revision: Union[str, Sequence[str], None] = None
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade() -> None:
        """Upgrade schema."""
        pass


    def downgrade() -> None:
        """Downgrade schema."""
        pass

What the tutorial writes into the two functions.

-- body.py --
    def upgrade():
        """
        This is originally pass when it is created.
        I added code to create table
        """
        op.create_table(
               'customer',
                sa.Column('id', sa.Integer, primary_key=True),
                sa.Column('firstname', sa.String(150), nullable=False),
                sa.Column('lastname', sa.String(150), nullable=False),
                sa.Column('recentvisit', sa.DateTime)
                )


    def downgrade():
        """
        This is also pass, but I added
        """
        op.drop_table('customer')

$ nbmigrate edit 29cf < body.py
    Updating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ cat practice/versions/29cf196546aa_first_example.py
    """first example

    Revision ID: 29cf196546aa
    Revises:
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = '29cf196546aa'
    down_revision: Union[str, Sequence[str], None] = None
    branch_labels: Union[str, Sequence[str], None] = None
    depends_on: Union[str, Sequence[str], None] = None


    def upgrade():
        """
        This is originally pass when it is created.
        I added code to create table
        """
        op.create_table(
               'customer',
                sa.Column('id', sa.Integer, primary_key=True),
                sa.Column('firstname', sa.String(150), nullable=False),
                sa.Column('lastname', sa.String(150), nullable=False),
                sa.Column('recentvisit', sa.DateTime)
                )


    def downgrade():
        """
        This is also pass, but I added
        """
        op.drop_table('customer')


    # nbmigrate wrote this file: edit 77be01aa42c3

$ nbmigrate current
    ! At base: no revision is applied.

$ nbmigrate upgrade head
    Running upgrade  -> 29cf196546aa, first example  (3 statements, 0 ms)
    Now at 29cf196546aa (head).

$ nbmigrate current
    29cf196546aa (head)

$ nbmigrate current --verbose
    Current revision(s) for sqlite:///db_file.db:
    Rev: 29cf196546aa (head)
    Parent: <base>
    Path: ~/practice/versions/29cf196546aa_first_example.py

        first example

        Revision ID: 29cf196546aa
        Revises:
        Create Date: 2021-06-20 03:58:06.808542

$ nbmigrate tables
    table            rows
    ---------------  ----
    alembic_version     1
    customer            0

$ nbmigrate schema customer
    column       type          nullable  default  key
    -----------  ------------  --------  -------  -------
    id           INTEGER       no                 primary
    firstname    VARCHAR(150)  no
    lastname     VARCHAR(150)  no
    recentvisit  DATETIME      yes

    kind         name  what
    -----------  ----  ----
    primary key        (id)

$ sql SELECT sql FROM sqlite_master WHERE name = 'alembic_version'
    CREATE TABLE alembic_version (
    	version_num VARCHAR(32) NOT NULL,
    	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    )

A second revision adds a column, a third a table that refers to the first, with a few rows.

-- birthday.py --
    op.add_column('customer', sa.Column('birthday', sa.Date))

-- orders.py --
    import datetime

    def upgrade():
        orders = op.create_table(
            'orders',
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('customer_id', sa.Integer, sa.ForeignKey('customer.id'), nullable=False),
            sa.Column('day', sa.Date),
            sa.Column('pieces', sa.Integer),
        )
        customer = sa.table('customer', sa.column('id'), sa.column('firstname'), sa.column('lastname'))
        op.bulk_insert(customer, [{'id': 1, 'firstname': 'Ada', 'lastname': 'Lovelace'}])
        op.bulk_insert(orders, [
            {'id': 1, 'customer_id': 1, 'day': datetime.date(2021, 6, 20), 'pieces': 500},
            {'id': 2, 'customer_id': 1, 'day': None, 'pieces': None},
        ])

    def downgrade():
        op.drop_table('orders')
        op.execute('DELETE FROM customer')

$ nbmigrate revision -m "remember the birthday" --rev-id 5f0c6e2a91b7 --body birthday.py
    Generating ~/practice/versions/5f0c6e2a91b7_remember_the_birthday.py ...  done

$ nbmigrate revision -m orders --rev-id a3d94c07be12 --body orders.py
    Generating ~/practice/versions/a3d94c07be12_orders.py ...  done

$ nbmigrate heads
    a3d94c07be12 (head)

$ nbmigrate history --indicate-current
    5f0c6e2a91b7 -> a3d94c07be12 (head), orders
    29cf196546aa -> 5f0c6e2a91b7, remember the birthday
    <base> -> 29cf196546aa (current), first example

$ nbmigrate upgrade +1
    Running upgrade 29cf196546aa -> 5f0c6e2a91b7, remember the birthday  (2 statements, 0 ms)
    Now at 5f0c6e2a91b7.

$ nbmigrate upgrade +1
    Running upgrade 5f0c6e2a91b7 -> a3d94c07be12, orders  (4 statements, 0 ms)
    Now at a3d94c07be12 (head).

$ nbmigrate upgrade head
    Nothing to upgrade: the database is at a3d94c07be12 (head).

$ nbmigrate table customer --columns id,firstname,birthday
    id  firstname  birthday
    --  ---------  --------
     1  Ada        NULL

$ nbmigrate table orders --order-by "id desc"
    id  customer_id  day         pieces
    --  -----------  ----------  ------
     2            1  NULL        NULL
     1            1  2021-06-20  500

$ nbmigrate table orders --where "pieces IS NULL" --columns id
    id
    --
     2

$ nbmigrate table orders --limit 1
    id  customer_id  day         pieces
    --  -----------  ----------  ------
     1            1  2021-06-20     500
    ! 1 of 2 rows.

$ nbmigrate schema orders
    column       type     nullable  default  key
    -----------  -------  --------  -------  -------
    id           INTEGER  no                 primary
    customer_id  INTEGER  no
    day          DATE     yes
    pieces       INTEGER  yes

    kind         name  what
    -----------  ----  ------------------------------
    primary key        (id)
    foreign key        (customer_id) -> customer (id)

$ nbmigrate graph
    ◉   a3d94c07be12 (head) (current), orders
    ●   5f0c6e2a91b7, remember the birthday
    ●   29cf196546aa, first example

$ nbmigrate history --verbose
    Rev: a3d94c07be12 (head)
    Parent: 5f0c6e2a91b7
    Path: ~/practice/versions/a3d94c07be12_orders.py

        orders

        Revision ID: a3d94c07be12
        Revises: 5f0c6e2a91b7
        Create Date: 2021-06-20 03:58:06.808542

    Rev: 5f0c6e2a91b7
    Parent: 29cf196546aa
    Path: ~/practice/versions/5f0c6e2a91b7_remember_the_birthday.py

        remember the birthday

        Revision ID: 5f0c6e2a91b7
        Revises: 29cf196546aa
        Create Date: 2021-06-20 03:58:06.808542

    Rev: 29cf196546aa
    Parent: <base>
    Path: ~/practice/versions/29cf196546aa_first_example.py

        first example

        Revision ID: 29cf196546aa
        Revises:
        Create Date: 2021-06-20 03:58:06.808542

$ nbmigrate downgrade -1
    Running downgrade a3d94c07be12 -> 5f0c6e2a91b7, orders  (3 statements, 0 ms)
    Now at 5f0c6e2a91b7.

$ nbmigrate downgrade base
    Running downgrade 5f0c6e2a91b7 -> 29cf196546aa, remember the birthday  (2 statements, 0 ms)
    Running downgrade 29cf196546aa -> , first example  (2 statements, 0 ms)
    Now at base.

$ nbmigrate current
    ! At base: no revision is applied.

$ sql SELECT name FROM sqlite_master WHERE type = 'table'
    alembic_version

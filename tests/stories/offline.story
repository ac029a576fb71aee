A database that is only named: the SQL for somebody else to run, then the same history stamped where the tables are made.

$ nbmigrate init practice --url postgresql+psycopg://somebody:secret@nowhere/db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- first.py --
    def upgrade():
        customer = op.create_table(
            'customer',
            sa.Column('id', sa.Integer, primary_key=True),
            sa.Column('lastname', sa.String(150), nullable=False),
        )
        op.bulk_insert(customer, [{'id': 1, 'lastname': "O'Brian"}, {'id': 2, 'lastname': '100%'}])


    def downgrade():
        op.drop_table('customer')

-- birthday.py --
    op.add_column('customer', sa.Column('birthday', sa.Date))

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body first.py
    Generating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ nbmigrate revision -m "remember the birthday" --rev-id 5f0c6e2a91b7 --body birthday.py
    Generating ~/practice/versions/5f0c6e2a91b7_remember_the_birthday.py ...  done

$ nbmigrate upgrade head --sql
    BEGIN;

    CREATE TABLE alembic_version (
        version_num VARCHAR(32) NOT NULL,
        CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
    );

    -- Running upgrade  -> 29cf196546aa

    CREATE TABLE customer (
        id SERIAL NOT NULL,
        lastname VARCHAR(150) NOT NULL,
        PRIMARY KEY (id)
    );

    INSERT INTO customer (id, lastname) VALUES (1, 'O''Brian');

    INSERT INTO customer (id, lastname) VALUES (2, '100%');

    INSERT INTO alembic_version (version_num) VALUES ('29cf196546aa');

    -- Running upgrade 29cf196546aa -> 5f0c6e2a91b7

    ALTER TABLE customer ADD COLUMN birthday DATE;

    UPDATE alembic_version SET version_num='5f0c6e2a91b7' WHERE alembic_version.version_num = '29cf196546aa';

    COMMIT;

$ nbmigrate upgrade 29cf:head --sql
    BEGIN;

    -- Running upgrade 29cf196546aa -> 5f0c6e2a91b7

    ALTER TABLE customer ADD COLUMN birthday DATE;

    UPDATE alembic_version SET version_num='5f0c6e2a91b7' WHERE alembic_version.version_num = '29cf196546aa';

    COMMIT;

$ nbmigrate downgrade base --sql
    ! FAILED: downgrade with --sql requires <fromrev>:<torev>, since it does not ask where the database stands.
    ! Write --sql head:base, with the revision where it stands in place of head.

$ nbmigrate downgrade head:-1 --sql
    BEGIN;

    -- Running downgrade 5f0c6e2a91b7 -> 29cf196546aa

    ALTER TABLE customer DROP COLUMN birthday;

    UPDATE alembic_version SET version_num='29cf196546aa' WHERE alembic_version.version_num = '5f0c6e2a91b7';

    COMMIT;

$ nbmigrate stamp 29cf:5f0c --sql
    BEGIN;

    -- Running stamp_revision 29cf196546aa -> 5f0c6e2a91b7

    UPDATE alembic_version SET version_num='5f0c6e2a91b7' WHERE alembic_version.version_num = '29cf196546aa';

    COMMIT;

$ nbmigrate upgrade head:head --sql
    BEGIN;

    COMMIT;
    ! Nothing to upgrade from 5f0c6e2a91b7 to head.

$ nbmigrate upgrade 29cf:head
    ! FAILED: Range revision not allowed: '29cf:head' is for --sql, which does not ask where the database stands.
    ! Without --sql write 'head' alone.

$ nbmigrate config sqlalchemy.url sqlite:///db_file.db
    nbmigrate.ini:9
    - sqlalchemy.url = postgresql+psycopg://somebody:***@nowhere/db
    + sqlalchemy.url = sqlite:///db_file.db

$ nbmigrate ensure_version
    The version table was made.

$ nbmigrate ensure_version
    The version table is there already.

$ nbmigrate stamp head
    Running stamp_revision  -> 5f0c6e2a91b7
    Now at 5f0c6e2a91b7 (head).
    ! Only the version rows were changed: no revision was run, so the tables are as they were.

$ sql SELECT * FROM alembic_version
    5f0c6e2a91b7

$ nbmigrate stamp head
    Nothing to stamp: the database is at 5f0c6e2a91b7 (head).

$ nbmigrate stamp 29cf
    Running stamp_revision 5f0c6e2a91b7 -> 29cf196546aa
    Now at 29cf196546aa.
    ! Only the version rows were changed: no revision was run, so the tables are as they were.

$ nbmigrate stamp --purge base
    Running stamp_revision 29cf196546aa ->
    Rows deleted first: 29cf196546aa. Now at base.
    ! Only the version rows were changed: no revision was run, so the tables are as they were.

$ nbmigrate stamp nope
    ! FAILED: Can't locate revision identified by 'nope'
    ! The heads are 5f0c6e2a91b7.

$ nbmigrate current
    ! At base: no revision is applied.

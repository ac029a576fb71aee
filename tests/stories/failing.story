A revision that fails in its third statement, and how it is mended.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- first.py --
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))

-- bad.py --
    def upgrade():
        op.create_table('invoice', sa.Column('id', sa.Integer))
        op.execute("INSERT INTO invoice VALUES (1)")
        op.execute("INSERT INTO nowhere VALUES (1)")


    def downgrade():
        op.drop_table('invoice')

-- good.py --
    def upgrade():
        op.create_table('invoice', sa.Column('id', sa.Integer))
        op.execute("INSERT INTO invoice VALUES (1)")


    def downgrade():
        op.drop_table('nowhere')

-- better.py --
    def upgrade():
        op.create_table('invoice', sa.Column('id', sa.Integer))
        op.execute("INSERT INTO invoice VALUES (1)")


    def downgrade():
        op.drop_table('invoice')

$ nbmigrate revision -m first --rev-id aaaa1 --body first.py
    Generating ~/practice/versions/aaaa1_first.py ...  done

$ nbmigrate revision -m invoices --rev-id bbbb1 --body bad.py
    Generating ~/practice/versions/bbbb1_invoices.py ...  done

$ nbmigrate upgrade head
    Running upgrade  -> aaaa1, first  (3 statements, 0 ms)
    1 of 2 revisions is done.
    ! FAILED: Upgrade of revision bbbb1 (invoices) failed: no such table: nowhere
    !   in practice/versions/bbbb1_invoices.py, line 24
    !   INSERT INTO nowhere VALUES (1)
    ! The tables at that point: alembic_version, customer, invoice.
    ! It was rolled back: nothing of it remains. The database stands at aaaa1. Correct the file, then run the same command again.

$ nbmigrate current
    aaaa1

$ sql SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1
    alembic_version
    customer

$ nbmigrate upgrade head
    ! FAILED: Upgrade of revision bbbb1 (invoices) failed: no such table: nowhere
    !   in practice/versions/bbbb1_invoices.py, line 24
    !   INSERT INTO nowhere VALUES (1)
    ! The tables at that point: alembic_version, customer, invoice.
    ! It was rolled back: nothing of it remains. The database stands at aaaa1. Correct the file, then run the same command again.

$ nbmigrate edit bbbb1 < good.py
    Updating ~/practice/versions/bbbb1_invoices.py ...  done

$ nbmigrate upgrade head
    Running upgrade aaaa1 -> bbbb1, invoices  (3 statements, 0 ms)
    Now at bbbb1 (head).

$ nbmigrate table invoice
    id
    --
     1

$ nbmigrate downgrade -1
    ! FAILED: Downgrade of revision bbbb1 (invoices) failed: no such table: nowhere
    !   in practice/versions/bbbb1_invoices.py, line 27
    !   DROP TABLE nowhere
    ! The tables at that point: alembic_version, customer, invoice.
    ! It was rolled back: nothing of it remains. The database stands at bbbb1. Correct the file, then run the same command again.

$ nbmigrate current
    bbbb1 (head)

$ sql SELECT * FROM invoice
    1

$ nbmigrate edit bbbb1 < better.py
    ! FAILED: Revision bbbb1 is applied to the database, so its file stays as it is.
    ! `downgrade aaaa1` first and run this again, or write a new revision.

The file of an applied revision stays; a person may still change it, as with alembic.

-- practice/versions/bbbb1_invoices.py --
    """invoices"""
    from nbmigrate import op
    import sqlalchemy as sa

    revision = 'bbbb1'
    down_revision = 'aaaa1'
    branch_labels = None
    depends_on = None


    def upgrade():
        op.create_table('invoice', sa.Column('id', sa.Integer))


    def downgrade():
        op.drop_table('invoice')

$ nbmigrate downgrade -1
    Running downgrade bbbb1 -> aaaa1, invoices  (2 statements, 0 ms)
    Now at aaaa1.

$ nbmigrate tables
    table            rows
    ---------------  ----
    alembic_version     1
    customer            0

Somebody breaks the file of a revision that is applied, then makes another revision of it.

-- practice/versions/aaaa1_first.py --
    nothing here (

$ nbmigrate heads
    bbbb1 (head)
    ! practice/versions/aaaa1_first.py, line 1: '(' was never closed
    ! Fix the file; the other revisions can still be read.
    ! Revision aaaa1 referenced from bbbb1 (down_revision in bbbb1_invoices.py) is not present
    ! Restore its file, or correct down_revision in bbbb1_invoices.py.

$ nbmigrate current
    ! FAILED: The database stands at 'aaaa1', which no revision file has
    ! It may be in a file that cannot be read; practice/versions/aaaa1_first.py, line 1: '(' was never closed
    ! Fix the file; the other revisions can still be read.

$ nbmigrate upgrade head
    ! FAILED: practice/versions/aaaa1_first.py, line 1: '(' was never closed
    ! Fix the file; the other revisions can still be read.

-- practice/versions/aaaa1_first.py --
    """another one"""
    from nbmigrate import op

    revision = 'aaaa2'
    down_revision = None


    def upgrade():
        pass


    def downgrade():
        pass

$ nbmigrate upgrade head
    ! FAILED: Revision aaaa1 referenced from bbbb1 (down_revision in bbbb1_invoices.py) is not present
    ! Restore its file, or correct down_revision in bbbb1_invoices.py; the nearest is 'aaaa2'.

$ nbmigrate current
    ! FAILED: The database stands at 'aaaa1', which no revision file has
    ! Restore its file, for example from another git branch or version location; the nearest id is 'aaaa2'. Or `stamp --purge` rewrites the rows: name every head that the database stands at.

Two people have each added a revision to the same one. One of the two is put after the other.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- customer.py --
    op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))

-- fax.py --
    op.add_column('customer', sa.Column('fax', sa.Text))

-- mail.py --
    op.add_column('customer', sa.Column('mail', sa.Text))

$ nbmigrate revision -m customer --rev-id aaaa11112222 --body customer.py
    Generating ~/practice/versions/aaaa11112222_customer.py ...  done

$ nbmigrate revision -m "a fax" --rev-id bbbb11112222 --body fax.py
    Generating ~/practice/versions/bbbb11112222_a_fax.py ...  done

$ nbmigrate revision -m "a mail" --rev-id cccc11112222 --head aaaa --splice --body mail.py
    Generating ~/practice/versions/cccc11112222_a_mail.py ...  done

What runs in CI says so, and ends with 1.

$ nbmigrate verify
    There are 2 heads: bbbb11112222, cccc11112222.
        Join them with `merge heads`, or put one after the other with `rebase`; if they are meant to be, say --several-heads.
    1 problem: 3 revisions, heads bbbb11112222, cccc11112222.

$ nbmigrate branches
    aaaa11112222 (branchpoint)
                 -> bbbb11112222 (head)
                 -> cccc11112222 (head)

The fax is in the database already: its place in the history stays.

$ nbmigrate upgrade bbbb
    Running upgrade  -> aaaa11112222, customer  (3 statements, 0 ms)
    Running upgrade aaaa11112222 -> bbbb11112222, a fax  (2 statements, 0 ms)
    Now at bbbb11112222 (head).

$ nbmigrate rebase bbbb --onto cccc
    ! FAILED: Revision bbbb11112222 is applied to the database, so its place in the history stays.
    ! `downgrade aaaa11112222` first and run this again.

$ nbmigrate rebase cccc --onto bbbb
    Updating ~/practice/versions/cccc11112222_a_mail.py ...  done
    Revision cccc11112222 comes after bbbb11112222 now, and not after aaaa11112222.

$ nbmigrate rebase cccc --onto bbbb
    Revision cccc11112222 comes after bbbb11112222 already.

$ nbmigrate verify
    No problems: 3 revisions, head cccc11112222.

$ nbmigrate upgrade head
    Running upgrade bbbb11112222 -> cccc11112222, a mail  (2 statements, 0 ms)
    Now at cccc11112222 (head).

$ nbmigrate history
    bbbb11112222 -> cccc11112222 (head), a mail
    aaaa11112222 -> bbbb11112222, a fax
    <base> -> aaaa11112222, customer

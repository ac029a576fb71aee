Everything typed twice: nothing is duplicated, and what would be lost is said.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/
    ! The project exists already; nothing was changed.

$ nbmigrate init practice --url sqlite:///other.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/
    ! The project exists already; nothing was changed.
    ! nbmigrate.ini keeps its sqlalchemy.url; `config sqlalchemy.url` followed by a url changes it.

$ nbmigrate config timezone UTC
    nbmigrate.ini:14
    + timezone = UTC

$ nbmigrate config timezone UTC
    nbmigrate.ini:14
      timezone = UTC
    ! It says so already; nothing was changed.

-- body.py --
    op.create_table('customer', sa.Column('id', sa.Integer))

-- other.py --
    op.create_table('client', sa.Column('id', sa.Integer))

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body body.py
    Generating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body body.py
    ~/practice/versions/29cf196546aa_first_example.py is there already

$ nbmigrate revision -m "another name" --rev-id 29cf196546aa
    ! FAILED: Revision 29cf196546aa is there already (practice/versions/29cf196546aa_first_example.py), and its message is: first example.
    ! Choose another --rev-id, or leave the message out.

While it is not applied, the file follows.

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body other.py
    Updating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ nbmigrate edit 29cf --body body.py
    Updating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ nbmigrate edit 29cf --body body.py
    ~/practice/versions/29cf196546aa_first_example.py is there already

$ nbmigrate upgrade head
    Running upgrade  -> 29cf196546aa, first example  (3 statements, 0 ms)
    Now at 29cf196546aa (head).

$ nbmigrate upgrade head
    Nothing to upgrade: the database is at 29cf196546aa (head).

Once it is applied it stays, unless it says the same.

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body body.py
    ~/practice/versions/29cf196546aa_first_example.py is there already

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --body other.py
    ~/practice/versions/29cf196546aa_first_example.py is there already
    ! `edit` has given it another body since, which stays.

$ nbmigrate edit 29cf --body other.py
    ! FAILED: Revision 29cf196546aa is applied to the database, so its file stays as it is.
    ! `downgrade base` first and run this again, or write a new revision.

$ nbmigrate revision -m "first example" --rev-id 29cf196546aa --head base --branch-label shop
    ! FAILED: Revision 29cf196546aa is there already (practice/versions/29cf196546aa_first_example.py), and its branch label is: none.
    ! Choose another --rev-id, or leave the branch label out.

$ nbmigrate revision -m second --rev-id 5f0c6e2a91b7
    Generating ~/practice/versions/5f0c6e2a91b7_second.py ...  done

$ nbmigrate revision -m third --rev-id a3d94c07be12 --head 29cf --splice
    Generating ~/practice/versions/a3d94c07be12_third.py ...  done

$ nbmigrate merge heads -m all --rev-id bbbb11112222
    Generating ~/practice/versions/bbbb11112222_all.py ...  done

$ nbmigrate merge 5f0c a3d9 -m all --rev-id bbbb11112222
    ~/practice/versions/bbbb11112222_all.py is there already

$ nbmigrate merge 5f0c 29cf -m all --rev-id bbbb11112222
    ! FAILED: Revision bbbb11112222 is there already (practice/versions/bbbb11112222_all.py), and its parent is: 5f0c6e2a91b7, a3d94c07be12.
    ! Choose another --rev-id, or leave the parent out.

$ nbmigrate upgrade head
    Running upgrade 29cf196546aa -> a3d94c07be12, third  (1 statement, 0 ms)
    Running upgrade 29cf196546aa -> 5f0c6e2a91b7, second  (1 statement, 0 ms)
    Running upgrade 5f0c6e2a91b7, a3d94c07be12 -> bbbb11112222, all  (2 statements, 0 ms)
    Now at bbbb11112222 (head) (mergepoint).

$ nbmigrate downgrade base
    Running downgrade bbbb11112222 -> 5f0c6e2a91b7, a3d94c07be12, all  (2 statements, 0 ms)
    Running downgrade 5f0c6e2a91b7 -> 29cf196546aa, second  (1 statement, 0 ms)
    Running downgrade a3d94c07be12 -> 29cf196546aa, third  (1 statement, 0 ms)
    Running downgrade 29cf196546aa -> , first example  (2 statements, 0 ms)
    Now at base.

$ nbmigrate downgrade base
    Nothing to downgrade: the database is at base.

$ nbmigrate edit 29cf --body other.py
    Updating ~/practice/versions/29cf196546aa_first_example.py ...  done

$ nbmigrate upgrade 29cf
    Running upgrade  -> 29cf196546aa, first example  (2 statements, 0 ms)
    Now at 29cf196546aa (branchpoint).

$ nbmigrate tables
    table            rows
    ---------------  ----
    alembic_version     1
    client              0

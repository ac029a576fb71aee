Branch labels, and a revision that depends on one of another branch.

$ nbmigrate init practice --url sqlite:///db_file.db
    .
    ├─ nbmigrate.ini
    └─ practice/
       ├─ README
       ├─ env.py
       ├─ script.py.mako
       └─ versions/

-- shop.py --
    op.create_table('shop', sa.Column('id', sa.Integer))

-- news.py --
    op.create_table('news', sa.Column('id', sa.Integer))

$ nbmigrate revision -m "shop begins" --rev-id shop1 --branch-label shop --body shop.py
    Generating ~/practice/versions/shop1_shop_begins.py ...  done

$ nbmigrate revision -m "shop goes on" --rev-id shop2
    Generating ~/practice/versions/shop2_shop_goes_on.py ...  done

$ nbmigrate revision -m "news begin" --rev-id news1 --head base --branch-label news --depends-on shop2 --body news.py
    Generating ~/practice/versions/news1_news_begin.py ...  done

$ cat practice/versions/news1_news_begin.py
    """news begin

    Revision ID: news1
    Revises:
    Create Date: 2021-06-20 03:58:06.808542

    """
    from typing import Sequence, Union

    from nbmigrate import op
    import sqlalchemy as sa


    # revision identifiers, used by nbmigrate.
    revision: str = 'news1'
    down_revision: Union[str, Sequence[str], None] = None
    branch_labels: Union[str, Sequence[str], None] = ('news',)
    depends_on: Union[str, Sequence[str], None] = 'shop2'


    def upgrade() -> None:
        """Upgrade schema."""
        op.create_table('news', sa.Column('id', sa.Integer))


    def downgrade() -> None:
        """Downgrade schema."""
        op.drop_table('news')


    # nbmigrate wrote this file: cell c1fdde946152, text 77be01aa42c3

$ nbmigrate heads
    news1 (news) (head)
    shop2 (shop) (effective head)

$ nbmigrate history
    <base> (shop2) -> news1 (news) (head), news begin
    shop1 -> shop2 (shop) (effective head), shop goes on
    <base> -> shop1 (shop), shop begins

$ nbmigrate history -r shop1:shop@head
    shop1 -> shop2 (shop) (effective head), shop goes on
    <base> -> shop1 (shop), shop begins

$ nbmigrate graph
    ○   news1 (news) (head) (depends on shop2), news begin

    ○   shop2 (shop) (effective head), shop goes on
    ○   shop1 (shop), shop begins

A label is taken once.

$ nbmigrate revision -m again --head shop@head --branch-label news
    ! FAILED: 'news' is already a branch label of revision news1.
    ! Choose another name.

$ nbmigrate revision -m again --head shop@head --rev-id news
    ! FAILED: 'news' is already a branch label of revision news1.
    ! Choose another name.

$ nbmigrate upgrade shop@head
    Running upgrade  -> shop1, shop begins  (3 statements, 0 ms)
    Running upgrade shop1 -> shop2, shop goes on  (1 statement, 0 ms)
    Now at shop2 (effective head).

$ nbmigrate current
    shop2 (effective head)

$ nbmigrate upgrade news@head
    Running upgrade  -> news1, news begin  (2 statements, 0 ms)
    Now at news1 (head), shop2 (effective head).

$ nbmigrate current
    news1 (head)
    shop2 (effective head)

$ sql SELECT * FROM alembic_version
    news1

What others depend on takes them along.

$ nbmigrate downgrade shop1
    Running downgrade news1 -> , news begin  (2 statements, 0 ms)
    Running downgrade shop2 -> shop1, shop goes on  (1 statement, 0 ms)
    Now at shop1.

$ nbmigrate upgrade heads
    Running upgrade shop1 -> shop2, shop goes on  (1 statement, 0 ms)
    Running upgrade  -> news1, news begin  (2 statements, 0 ms)
    Now at news1 (head), shop2 (effective head).

$ nbmigrate downgrade news@base
    Running downgrade news1 -> , news begin  (2 statements, 0 ms)
    Now at shop2 (effective head).

$ nbmigrate revision -m "shop grows" --rev-id shop3 --head shop@head
    Generating ~/practice/versions/shop3_shop_grows.py ...  done

$ nbmigrate upgrade shop@+1
    Running upgrade shop2 -> shop3, shop grows  (1 statement, 0 ms)
    Now at shop3 (head).

$ nbmigrate upgrade heads
    Running upgrade  -> news1, news begin  (2 statements, 0 ms)
    Now at news1 (head), shop3 (head).

$ nbmigrate current
    news1 (head)
    shop3 (head)

$ nbmigrate downgrade base
    Running downgrade news1 -> , news begin  (2 statements, 0 ms)
    Running downgrade shop3 -> shop2, shop grows  (1 statement, 0 ms)
    Running downgrade shop2 -> shop1, shop goes on  (1 statement, 0 ms)
    Running downgrade shop1 -> , shop begins  (2 statements, 0 ms)
    Now at base.

$ sql SELECT count(*) FROM alembic_version
    0

"""Programs as people write them around alembic, run with alembic and with `nbmigrate.compat`: they print the same."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.compat import CommandError, Config, command
from tests.conftest import alembic_environment

ALEMBIC = """
from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
"""
OURS = """
from nbmigrate.compat import (
    CommandError, Config, EnvironmentContext, MigrationContext, Operations, ScriptDirectory, command
)
"""
ENV = """
from logging.config import fileConfig
from sqlalchemy import engine_from_config, pool
from alembic import context

config = context.config
if config.config_file_name is not None and config.attributes.get("configure_logger", True):
    fileConfig(config.config_file_name)

def run(connection):
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()

if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif config.attributes.get("connection") is not None:
    run(config.attributes["connection"])
else:
    engine = engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)
    with engine.connect() as connection:
        run(connection)
"""
REVISION = '''"""revision {0}

More about {0}.
"""
from alembic import op
import sqlalchemy as sa
revision = "{0}"
down_revision = {1!r}
branch_labels = {2!r}
depends_on = None

def upgrade():
    op.create_table("t_{0}", sa.Column("id", sa.Integer, primary_key=True))

def downgrade():
    op.drop_table("t_{0}")
'''
LOGGING = """
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = generic
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = generic
[formatter_generic]
format = %(message)s
"""

PROGRAMS = {
    "fixture that upgrades and downgrades": """
        config = Config("alembic.ini")
        config.set_main_option("sqlalchemy.url", "sqlite:///other.db")
        command.upgrade(config, "head")
        print(tables("other.db"))
        command.downgrade(config, "base")
        print(tables("other.db"))
    """,
    "connection handed over": """
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        config = Config("alembic.ini", attributes={"configure_logger": False})
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        with engine.connect() as connection:
            print(sorted(sa.inspect(connection).get_table_names()))
            print(MigrationContext.configure(connection).get_current_revision())
    """,
    "start-up check": """
        config = Config("alembic.ini")
        script = ScriptDirectory.from_config(config)
        engine = sa.create_engine("sqlite:///shop.db")
        with engine.begin() as connection:
            context = MigrationContext.configure(connection)
            print(context.get_current_revision(), set(context.get_current_heads()) == set(script.get_heads()))
        command.upgrade(config, "head")
        with engine.begin() as connection:
            context = MigrationContext.configure(connection)
            print(context.get_current_revision() == script.get_current_head())
            print(context.get_current_heads())
    """,
    "version table of another name": """
        with sa.create_engine("sqlite:///shop.db").begin() as connection:
            connection.exec_driver_sql("CREATE TABLE versions (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO versions VALUES ('x'), ('y')")
            context = MigrationContext.configure(connection, opts={"version_table": "versions"})
            print(sorted(context.get_current_heads()))
            try:
                context.get_current_revision()
            except CommandError as error:
                print(error)
    """,
    "a new project": """
        import contextlib, io, os, shutil
        from pathlib import Path
        os.mkdir("new")
        for name, files in (("generic", ["new/a.ini"]), ("pyproject", ["new/b.ini", "new/pyproject.toml"])):
            with contextlib.redirect_stdout(io.StringIO()):
                command.init(Config(*files), f"new/{name}", template=name, package=True)
            print(ScriptDirectory.from_config(Config(*files)).get_heads())
        print(sorted(path.as_posix() for path in Path("new").rglob("*")))
        shutil.rmtree("new")
    """,
    "a new project with its files in two folders": """
        import contextlib, io, os, shutil
        from pathlib import Path
        os.makedirs("new/deep")
        config = Config("new/a.ini", "new/deep/pyproject.toml")
        with contextlib.redirect_stdout(io.StringIO()):
            command.init(config, "new/migrations", template="pyproject")
        print(sorted(path.as_posix() for path in Path("new").rglob("*")))
        print(sorted(Config("new/a.ini", "new/deep/pyproject.toml").toml_alembic_config))
        shutil.rmtree("new")
    """,
    "templates of a program's own": """
        import contextlib, os, shutil
        from pathlib import Path
        own = Path("new/templates/mine")
        own.mkdir(parents=True)
        for name, text in (
            ("README", "Ours and no other.\\nmore"), ("env.py", "# env of ours"),
            ("script.py.mako", "# script of ours"), ("extra.txt", "extra"),
            ("alembic.ini.mako", "[alembic]\\nscript_location = ${script_location}\\n"),
        ):
            own.joinpath(name).write_text(text)
        class Own(Config):
            def get_template_directory(self):
                return os.path.abspath("new/templates")
        buffer = io.StringIO()
        command.list_templates(Own("new/a.ini", stdout=buffer))
        print([line for line in buffer.getvalue().splitlines() if " - " in line])
        with contextlib.redirect_stdout(io.StringIO()):
            command.init(Own("new/a.ini"), "new/migrations", template="mine")
        for path in sorted(Path("new").rglob("*")):
            if "templates" not in path.parts and path.is_file():
                print(path.as_posix(), path.read_text().strip())
        try:
            command.init(Own("new/b.ini"), "new/more", template="generic")
        except CommandError:
            print("none")
        shutil.rmtree("new")
    """,
    "a pyproject.toml": """
        import os
        from pathlib import Path
        lines = [
            "[tool.alembic]", 'script_location = "%(here)s/migrations"', 'version_locations = ["%(here)s/a", "b"]',
            'prepend_sys_path = ["."]', "sourceless = true", 'timezone = "utc"', "truncate_slug_length = 7",
            "[[tool.alembic.post_write_hooks]]", 'name = "x"', 'type = "exec"', 'executable = "%(here)s/x"',
        ]
        Path("some.toml").write_text("\\n".join(lines))
        config = Config(toml_file="some.toml", config_args={"who": "me"})
        here = os.getcwd()
        for name in ("script_location", "version_locations", "prepend_sys_path", "sourceless", "timezone",
                     "truncate_slug_length", "post_write_hooks", "nothing"):
            print(name, str(config.get_alembic_option(name)).replace(here, "~"))
        print(config.get_alembic_option("nothing", "else"), config.get_alembic_boolean_option("sourceless"))
        print(config.get_alembic_boolean_option("nothing"))
        print(str(config.get_version_locations_list()).replace(here, "~"), config.get_prepend_sys_paths_list())
        print(str(config.get_hooks_list()).replace(here, "~"), sorted(config.toml_alembic_config))
        for wrong in ("sourceless", "recursive_version_locations"):
            lines = ["[tool.alembic]", "script_location = 'migrations'", wrong + " = 'wrongvalue'"]
            Path("some.toml").write_text("\\n".join(lines))
            try:
                ScriptDirectory.from_config(Config(toml_file="some.toml"))
            except CommandError as error:
                print(str(error).splitlines()[0])
        os.remove("some.toml")
        print(Config(toml_file="some.toml").toml_alembic_config, Config("alembic.ini", "x.toml").get_main_option("x"))
    """,
    "what a Config is asked for": """
        import os
        from pathlib import Path
        ini = Path("alembic.ini")
        text = ini.read_text()
        more = "version_locations = a%sb%sc d" % (os.pathsep, os.pathsep)
        more += "\\nprepend_sys_path = .%slib\\n[post_write_hooks]\\nhooks = one, two\\n" % os.pathsep
        more += "one.type = exec\\none.executable = x\\ntwo.type = module\\n"
        config = Config("alembic.ini")
        print(config.get_version_locations_list(), config.get_prepend_sys_paths_list(), config.get_hooks_list())
        ini.write_text(text.replace("path_separator = os", "path_separator = os\\n" + more))
        config = Config("alembic.ini")
        print(config.get_version_locations_list(), config.get_prepend_sys_paths_list(), config.get_hooks_list())
        print(config.toml_alembic_config, config.messaging_opts["quiet"])
        print(os.path.isdir(config.get_template_directory()))
        ini.write_text(text)
        config = Config("alembic.ini", stdout=io.StringIO())
        config.stdout = buffer = io.StringIO()
        command.heads(config)
        print(buffer.getvalue())
    """,
    "a revision for each branch": """
        from pathlib import Path
        config = Config("alembic.ini", stdout=io.StringIO())
        command.revision(config, "other", rev_id="e1", head="base", branch_label="other")
        config.set_main_option("revision_environment", "true")
        def each(context, revision, directives):
            kind, (made,) = type(directives[0]), directives
            directives[:] = [
                kind(f"e{number}", made.upgrade_ops, made.downgrade_ops, message=f"for {head}", head=f"{head}@head")
                for number, head in enumerate(("shop", "other"), 5)
            ]
        made = command.revision(config, "x", process_revision_directives=each)
        print([(one.revision, one.down_revision, one.doc) for one in made])
    """,
    "how a revision is printed": """
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        for one in script.walk_revisions():
            print(one.log_entry.replace(script.dir, "~"))
            print(one.cmd_format(False), one.cmd_format(True).replace(script.dir, "~"))
            print(one.cmd_format(verbose=False, include_branches=True, include_doc=True, include_parents=True))
            print(one.cmd_format(False, True, True, True, tree_indicators=False))
    """,
    "ranges": """
        config = Config("alembic.ini", stdout=io.StringIO())
        command.revision(config, "e", rev_id="e5", head="a1", splice=True, branch_label="ebranch")
        command.revision(config, "e", rev_id="e6", head="ebranch@head", depends_on="b2")
        command.revision(config, "f", rev_id="f1", head="base", branch_label="fbranch")
        script = ScriptDirectory.from_config(config)
        print(sorted(script.revision_map.heads), sorted(script.revision_map.bases))
        print(script.revision_map.get_revision("e5").revision)
        for upper, lower, more in (
            ("c3", "a1", {}), ("a1", "c3", {}), ("heads", "base", {}), ("e6", "b2", {}),
            ("e6", "b2", {"implicit_base": True}), ("e6", "a1", {"inclusive": True}), ("c3", "e5", {}),
            ("c3", "e5", {"implicit_base": True}),
            ("ebranch@+2", "a1", {}), ("ebranch@head", "ebranch@base", {}), ("+1", "a1", {}), ("c3-1", "a1", {}),
            (("c3", "e6"), "a1", {}), ("c3", None, {}), (None, "a1", {}),
        ):
            try:
                found = [one.revision for one in script.iterate_revisions(upper, lower, **more)]
                print(upper, lower, more, sorted(found))
            except Exception as error:
                print(upper, lower, more, str(error).splitlines()[0].partition(":")[0])
        for base, head in (("base", "heads"), ("a1", "e6"), ("c3", "a1"), ("ebranch@base", "heads"), ("e5", "c3")):
            try:
                print(base, head, sorted(one.revision for one in script.walk_revisions(base, head)))
            except CommandError as error:
                print(base, head, str(error).splitlines()[0])
    """,
    "a context that is stamped": """
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        engine = sa.create_engine("sqlite:///shop.db")
        with engine.begin() as connection:
            context = MigrationContext.configure(connection)
            context.stamp(script, "head")
            print(context.get_current_revision())
            context.stamp(script, "a1")
        with engine.connect() as connection:
            print(MigrationContext.configure(connection).get_current_heads())
    """,
    "a context with migrations of a program's own": """
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        seen = []
        def up(rev, context):
            seen.append(rev)
            return script._upgrade_revs("b2", rev)
        with sa.create_engine("sqlite:///shop.db").begin() as connection:
            context = MigrationContext.configure(connection, opts={"fn": up})
            with context.begin_transaction(), Operations.context(context):
                context.run_migrations()
            print(context.get_current_revision(), seen)
        print(tables("shop.db"))
    """,
    "where a context starts": """
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        for start in (None, "b2", "base", "zz", ("a1", "b2")):
            opts = {"as_sql": True, "starting_rev": start}
            context = MigrationContext.configure(dialect_name="sqlite", opts=opts)
            try:
                print(opts, context.get_current_heads(), context.get_current_revision())
            except CommandError as error:
                print(opts, str(error).splitlines()[0])
        with sa.create_engine("sqlite:///shop.db").begin() as connection:
            context = MigrationContext.configure(connection, opts={"starting_rev": "b2"})
            try:
                print(context.get_current_revision())
            except CommandError as error:
                print(str(error).splitlines()[0])
    """,
    "a stamp of nothing, and a terminal that knows few characters": """
        config = Config("alembic.ini")
        command.stamp(config, "b2")
        command.stamp(config, ())
        command.current(config)
        raw = io.BytesIO()
        config = Config("alembic.ini", stdout=io.TextIOWrapper(raw, encoding="ascii", newline=""))
        config.print_stdout("größer %s", "→")
        config.stdout.flush()
        print(raw.getvalue())
    """,
    "no ini": """
        config = Config()
        config.set_main_option("script_location", "migrations")
        config.set_main_option("sqlalchemy.url", "sqlite:///shop.db")
        command.upgrade(config, "a1")
        command.current(config)
        print(config.config_file_name, config.get_main_option("script_location"), config.get_main_option("x", "y"))
        print(config.get_section("nothing"), config.get_section("nothing", {"a": "b"}))
    """,
    "an ini that is not there": """
        import os
        from pathlib import Path
        config = Config("none.ini", stdout=io.StringIO())
        for run in (lambda: ScriptDirectory.from_config(config), lambda: command.upgrade(config, "head"),
                    lambda: config.get_main_option("script_location")):
            try:
                run()
            except CommandError:
                print("refused")
        config.set_main_option("script_location", "migrations")
        config.set_main_option("sqlalchemy.url", "sqlite:///shop.db")
        print(config.get_main_option("script_location"), config.get_main_option("x", "y"))
        print(ScriptDirectory.from_config(config).get_heads(), tables("shop.db"))
        Path("some.toml").write_text("[tool.alembic]\\nscript_location = '%(here)s/migrations'\\ntimezone = 'utc'")
        config = Config("none.ini", "some.toml", stdout=io.StringIO())
        print(ScriptDirectory.from_config(config).get_heads(), config.get_alembic_option("timezone"))
        made = command.revision(config, "x", rev_id="e5")
        command.history(config)
        print(made.down_revision, config.stdout.getvalue(), os.path.exists("none.ini"))
        config.set_main_option("sqlalchemy.url", "sqlite:///shop.db")
        print(config.get_main_option("sqlalchemy.url"))
        os.remove("some.toml")
    """,
    "a folder of revisions by its path": """
        import contextlib
        from pathlib import Path
        print(ScriptDirectory("migrations").get_heads(), ScriptDirectory(Path("migrations")).get_current_head())
        script = ScriptDirectory("migrations", "%(slug)s_%(rev)s", 7, ["migrations/versions"])
        print(script.file_template, script.truncate_slug_length, script.output_encoding)
        print(script.sourceless, script.recursive_version_locations)
        print(ScriptDirectory("migrations", sourceless=True).sourceless)
        print([one.revision for one in script.walk_revisions()])
        script = ScriptDirectory("migrations", truncate_slug_length=9, output_encoding="latin-1")
        with contextlib.redirect_stdout(io.StringIO()):
            made = script.generate_revision("e5", "a long message", head="head")
        print(made.path.rpartition("/")[2], made.down_revision, script.output_encoding)
        Path(made.path).unlink()
        script = ScriptDirectory("migrations")
        script.truncate_slug_length = 4
        with contextlib.redirect_stdout(io.StringIO()):
            made = script.generate_revision("e5", "a long message", head="head")
        print(made.path.rpartition("/")[2])
        try:
            ScriptDirectory("nowhere")
        except CommandError as error:
            print(str(error).partition(".")[0])
    """,
    "the steps to a revision": """
        config = Config("alembic.ini", stdout=io.StringIO())
        command.revision(config, "e", rev_id="e5", head="a1", splice=True, depends_on="b2")
        script = ScriptDirectory.from_config(config)
        for steps in (
            script._upgrade_revs("c3", "a1"), script._upgrade_revs("e5", "base"), script._upgrade_revs("c3", []),
            script._upgrade_revs("c3", None), script._upgrade_revs("b2", "b2"), script._upgrade_revs("+1", "b2"),
            script._upgrade_revs(["b2"], ("a1",)), script._upgrade_revs("c3", "shop@b2"),
            script._downgrade_revs("a1", "c3"), script._downgrade_revs("base", "c3"),
            script._downgrade_revs(None, "c3"), script._downgrade_revs("-1", ("c3",)),
        ):
            print(len(steps), steps == [], [(one.revision.revision, one.is_upgrade, one.is_downgrade) for one in steps])
            print([(one.name, one.doc, one.short_log, str(one), repr(one)) for one in steps])
            print([(one.from_revisions_no_deps, one.to_revisions_no_deps) for one in steps])
            print([(sorted(one.from_revisions), sorted(one.to_revisions)) for one in steps])
            print([one.migration_fn.__name__ for one in steps], steps == list(steps), steps[:1] == list(steps[:1]))
        for targets, rows in (("heads", "base"), (("c3", "e5"), "a1"), (["e5", "c3"], None)):
            print([step.revision.revision for step in script._upgrade_revs(targets, rows)])
        print([step.revision.revision for step in script._downgrade_revs("base", "c3")])
        try:
            script._upgrade_revs("zz", "a1")
        except CommandError as error:
            print(str(error).splitlines()[0])
    """,
    "some of the steps": """
        config = Config("alembic.ini")
        script = ScriptDirectory.from_config(config)
        def one(rev, context):
            return script._upgrade_revs("head", rev)[:1]
        def others(rev, context):
            return [step for step in script._upgrade_revs("head", rev) if step.revision.revision != "a1"]
        def down(rev, context):
            return script._downgrade_revs("base", rev)[:2]
        for fn in (one, others, others, down):
            with EnvironmentContext(config, script, fn=fn):
                script.run_env()
            with sa.create_engine("sqlite:///shop.db").connect() as connection:
                print(MigrationContext.configure(connection).get_current_heads(), tables("shop.db"))
    """,
    "what is to be run, given to configure": """
        config = Config("alembic.ini")
        script = ScriptDirectory.from_config(config)
        environment = EnvironmentContext(config, script)
        with sa.create_engine("sqlite:///shop.db").connect() as connection:
            environment.configure(connection=connection, fn=lambda rev, context: script._upgrade_revs("b2", rev))
            with environment.begin_transaction(), environment:
                environment.run_migrations()
            print(MigrationContext.configure(connection).get_current_heads())
        print(tables("shop.db"))
    """,
    "an env.py that configures two databases": """
        from pathlib import Path
        env = Path("migrations/env.py")
        text = env.read_text()
        env.write_text('''
        import sqlalchemy as sa
        from alembic import context
        for name, more in (("one", {"version_table": "versions", "tag": "t"}), ("two", {"tag": None}),
                           ("three", {"version_table": "others", "transaction_per_migration": True}), ("four", {})):
            if context.is_offline_mode():
                context.configure(url="sqlite://", **more)
                context.run_migrations()
                continue
            with sa.create_engine(f"sqlite:///{name}.db").connect() as connection:
                context.configure(connection=connection, **more)
                with context.begin_transaction():
                    context.run_migrations()
                opts = context.get_context().opts
                print(name, context.get_tag_argument(), opts.get("version_table"))
                print(bool(opts.get("transaction_per_migration")))
''')
        buffer = io.StringIO()
        config = Config("alembic.ini", output_buffer=buffer)
        command.upgrade(config, "b2")
        print([(name, tables(f"{name}.db")) for name in ("one", "two", "three", "four")])
        command.upgrade(config, "a1", sql=True)
        print([line.split()[2] for line in buffer.getvalue().splitlines() if line.startswith(("CREATE", "INSERT"))])
        env.write_text(text)
    """,
    "what the files say": """
        script = ScriptDirectory.from_config(Config("alembic.ini"))
        for one in script.walk_revisions():
            print(one.revision, one.down_revision, one.doc, repr(one.longdoc), sorted(one.branch_labels),
                  one.is_head, one.is_base, one.is_branch_point, one.is_merge_point, sorted(one.nextrev),
                  one.path.rpartition("/")[2], one.module.revision, str(one))
        print([one.revision for one in script.walk_revisions(base="a1", head="b2")])
        print([one.revision for one in script.iterate_revisions("head", "base")])
        print([one.revision for one in script.iterate_revisions("c3", "a1")])
        print([one.revision for one in script.iterate_revisions(script.get_current_head(), None)])
        print(script.get_heads(), script.get_bases(), script.get_base(), script.get_current_head())
        print(script.get_revision("head").revision, script.get_revision("c3").down_revision)
        print([one.revision for one in script.get_revisions(("b2", "c3"))], script.as_revision_number("head"))
    """,
    "what the commands print": """
        buffer = io.StringIO()
        config = Config("alembic.ini", stdout=buffer)
        command.upgrade(config, "b2")
        for run in (
            lambda: command.current(config), lambda: command.current(config, verbose=True),
            lambda: command.history(config), lambda: command.history(config, rev_range="a1:b2", verbose=True),
            lambda: command.history(config, indicate_current=True), lambda: command.heads(config, verbose=True),
            lambda: command.branches(config), lambda: command.show(config, "b2"),
            lambda: command.show(config, "current"),
        ):
            run()
            print(buffer.getvalue())
            buffer.seek(0)
            buffer.truncate()
    """,
    "sql into a buffer": """
        buffer = io.StringIO()
        command.upgrade(Config("alembic.ini", output_buffer=buffer), "a1:b2", sql=True)
        print([line for line in buffer.getvalue().splitlines() if line.startswith(("CREATE", "UPDATE"))])
    """,
    "stamp and its errors": """
        config = Config("alembic.ini")
        command.stamp(config, "b2")
        command.current(config)
        command.stamp(config, "head")
        command.current(config)
        command.stamp(config, "base", purge=True)
        command.ensure_version(config)
        command.current(config)
        for run in (lambda: command.upgrade(config, "nothing"), lambda: command.downgrade(config, "zz")):
            try:
                run()
            except CommandError as error:
                print(str(error).splitlines()[0])
    """,
    "a revision and a merge": """
        config = Config("alembic.ini", stdout=io.StringIO())
        made = command.revision(config, "new one", rev_id="e5", head="b2", splice=True, branch_label="side")
        print(made.revision, made.down_revision, made.doc, "side" in made.branch_labels, made.path.rpartition("/")[2])
        joined = command.merge(config, ["c3", "e5"], message="both", rev_id="f6")
        print(joined.revision, sorted(joined.down_revision), joined.is_merge_point)
        print(ScriptDirectory.from_config(config).get_current_head())
    """,
    "check that all is applied": """
        config = Config("alembic.ini")
        try:
            command.current(config, check_heads=True)
        except CommandError as error:
            print(str(error).splitlines()[0])
        command.upgrade(config, "heads")
        command.current(config, check_heads=True)
    """,
    "environment of a program": """
        config = Config("alembic.ini")
        script = ScriptDirectory.from_config(config)
        found = []
        def look(rev, context):
            found.append(tuple(rev))
            return []
        def up(rev, context):
            return script._upgrade_revs("b2", rev)
        for fn in (look, up, look):
            with EnvironmentContext(config, script, fn=fn, destination_rev="b2"):
                script.run_env()
        print(found, tables("shop.db"))
    """,
    "operations on a connection": """
        with sa.create_engine("sqlite:///shop.db").begin() as connection:
            op = Operations(MigrationContext.configure(connection))
            op.create_table("one", sa.Column("id", sa.Integer), sa.Column("name", sa.String(20)))
            op.bulk_insert(sa.table("one", sa.column("id")), [{"id": 1}, {"id": 2}])
            with op.batch_alter_table("one") as batch_op:
                batch_op.alter_column("name", new_column_name="title", nullable=True)
            op.add_column("one", sa.Column("more", sa.Integer))
            print(connection.exec_driver_sql("SELECT id, title, more FROM one").fetchall())
            with Operations.context(MigrationContext.configure(connection)) as op:
                op.drop_table("one")
        print(tables("shop.db"))
    """,
    "operations into a buffer": """
        buffer = io.StringIO()
        context = MigrationContext.configure(
            dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
        )
        Operations(context).drop_table("one")
        Operations(context).add_column("two", sa.Column("id", sa.Integer, nullable=True))
        print(context.as_sql, context.dialect.name, [line for line in buffer.getvalue().splitlines() if line])
    """,
}
START = """
import io
import sys
import sqlalchemy as sa

def tables(name):
    with sa.create_engine(f"sqlite:///{name}").connect() as connection:
        return sorted(sa.inspect(connection).get_table_names())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    (tmp_path / "migrations" / "script.py.mako").write_text(
        '"""${message}"""\nrevision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\n'
        "branch_labels = ${repr(branch_labels)}\ndepends_on = ${repr(depends_on)}\n"
        "def upgrade():\n    pass\ndef downgrade():\n    pass\n"
    )
    for id_, parent, label in (("a1", None, None), ("b2", "a1", "shop"), ("c3", "b2", None)):
        (versions / f"{id_}_.py").write_text(REVISION.format(id_, parent, label))
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = %(here)s/migrations\npath_separator = os\nsqlalchemy.url = sqlite:///shop.db\n"
        + LOGGING
    )
    return tmp_path


@pytest.fixture
def run(folder: Path, alembic_executable: Path) -> Callable[[str, str], str]:
    """Run a program with alembic, or with ours in an interpreter that cannot import alembic; return what it prints."""

    def call(who: str, program: str) -> str:
        python = alembic_executable.with_name("python") if who == "alembic" else sys.executable
        header = ALEMBIC if who == "alembic" else OURS + "\nimport sys; sys.modules['alembic'] = None\n"
        body = "\n".join(line.removeprefix("        ") for line in program.splitlines())
        environment = alembic_environment()
        if who != "alembic":
            environment |= {"PYTHONPATH": str(Path(__file__).parents[2])}
            environment |= {key: value for key, value in os.environ.items() if key.startswith("NBMIGRATE")}
        done = subprocess.run(
            [python, "-B", "-c", header + START + body],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        assert done.returncode == 0, f"{who}\n{done.stdout}\n{done.stderr}"
        for path in folder.glob("*.db"):
            path.unlink()
        for path in (folder / "migrations" / "versions").glob("[ef]*.py"):
            path.unlink()
        return done.stdout

    return call


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_the_same(run: Callable[[str, str], str], name: str) -> None:
    theirs, ours = run("alembic", PROGRAMS[name]), run("ours", PROGRAMS[name])

    assert ours == theirs
    assert theirs.strip()


@pytest.mark.parametrize(
    ("call", "what", "instead"),
    [
        ("command.check(config)", "command.check()", "`alembic check`"),
        (
            "command.revision(config, 'x', autogenerate=True)",
            "command.revision(autogenerate=True)",
            "`alembic revision --autogenerate`",
        ),
    ],
)
def test_what_compares_says_what_to_do(call: str, what: str, instead: str, tmp_path: Path) -> None:
    """Nothing is written, and the command that does it is named."""
    config = Config(str(tmp_path / "alembic.ini"))
    with pytest.raises(CommandError) as caught:
        eval(call, {"command": command, "config": config})
    message, hint = str(caught.value).split("\n")
    assert message == f"{what} is not provided: nbmigrate does not compare the models with the database."
    assert instead in hint
    assert list(tmp_path.iterdir()) == []

# The settings of Alembic. %(here)s is the folder of this file; a percent sign is written twice: %%.

[alembic]
# The folder with env.py, the template of new revisions, and versions/.
script_location = ${script_location}

# What env.py and the revisions can import from; paths in one line are separated as in PATH.
prepend_sys_path = .
path_separator = os

# How a revision file is named: rev, slug, epoch, year, month, day, hour, minute, second.
# file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s

# The time zone of the dates in revision files; the computer's own if not set.
# timezone = UTC

# The database. env.py reads it; any SQLAlchemy url will do.
sqlalchemy.url = ${url}

# What is run on every new revision file.
[post_write_hooks]
# hooks = ruff
# ruff.type = module
# ruff.module = ruff
# ruff.options = check --fix REVISION_SCRIPT_FILENAME

# What the alembic command prints, by way of env.py.
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S

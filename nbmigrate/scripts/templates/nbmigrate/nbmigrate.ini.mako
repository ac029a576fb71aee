# The settings of nbmigrate. %(here)s is the folder of this file; a percent sign is written twice: %%.

[nbmigrate]
# The folder with env.py, the template of new revisions, and versions/.
script_location = ${script_location}

# The database. env.py reads it; any SQLAlchemy url will do. A password need not stand here: %(NAME)s is also an
# environment variable, as in postgresql+psycopg://me:%(PGPASSWORD)s@localhost/shop
sqlalchemy.url = ${url}

# What env.py and the revisions can import from; paths in one line are separated as in PATH.
prepend_sys_path = .
path_separator = os

# How a revision file is named: rev, slug, epoch, year, month, day, hour, minute, second.
# file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s

# The time zone of the dates in revision files; the computer's own if not set.
# timezone = UTC

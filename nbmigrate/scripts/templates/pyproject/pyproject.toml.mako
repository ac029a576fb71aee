[tool.alembic]
# The folder with env.py, the template of new revisions, and versions/.
# %(here)s is the folder of this file; a percent sign is written twice: %%.
script_location = ${script_location}

# What env.py and the revisions can import from.
prepend_sys_path = ["."]

# How a revision file is named: rev, slug, epoch, year, month, day, hour, minute, second.
# file_template = "%%(year)d_%%(month).2d_%%(day).2d_%%(rev)s_%%(slug)s"

# The time zone of the dates in revision files; the computer's own if not set.
# timezone = "UTC"

# What is run on every new revision file.
# [[tool.alembic.post_write_hooks]]
# name = "ruff"
# type = "module"
# module = "ruff"
# options = "check --fix REVISION_SCRIPT_FILENAME"

"""Many alembic commands in one process, run by the Python of alembic's own environment: JSON in, JSON out.

In comes [[folder, [word, ...]], ...]; out goes [[exit code, what was printed], ...]. Each command has a process of its
own, forked from this one, so that it finds alembic loaded and nothing of the command before it.
"""

# mypy: ignore-errors
import json
import os
import sys
import tempfile

from alembic.config import CommandLine


def run(folder, words):
    with tempfile.TemporaryFile() as printed:
        child = os.fork()
        if not child:
            code = 1
            try:
                os.chdir(folder)
                os.dup2(printed.fileno(), 1)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
                # The default that alembic took of it when it was loaded.
                CommandLine.main(_CommandLine(prog="alembic"), words)
                code = 0
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 1
            finally:
                sys.stdout.flush()
                os._exit(code & 0xFF)
        _, status = os.waitpid(child, 0)
        printed.seek(0)
        return [os.waitstatus_to_exitcode(status), printed.read().decode()]


class _CommandLine(CommandLine):
    def run_cmd(self, config, options):
        config.stdout = sys.stdout
        super().run_cmd(config, options)


if __name__ == "__main__":
    json.dump([run(folder, words) for folder, words in json.load(sys.stdin)], sys.stdout)

"""What each verb may be given, declared next to the call that it becomes."""

from collections.abc import Mapping

from nbmigrate.commands.parser import database, files, history
from nbmigrate.commands.parser.arguments import Verb

#: The verbs by what they are about, in the order that help lists them.
GROUPS: Mapping[str, tuple[Verb, ...]] = {
    "files": files.VERBS,
    "history": history.VERBS,
    "database": database.VERBS,
}
VERBS: tuple[Verb, ...] = tuple(verb for group in GROUPS.values() for verb in group)

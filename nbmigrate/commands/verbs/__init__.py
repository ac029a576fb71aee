"""What each verb may be given, declared next to the call that it becomes."""

from nbmigrate.commands.verbs import database, files, history
from nbmigrate.commands.words import Verb

#: The verbs in the order that help lists them.
VERBS: tuple[Verb, ...] = (*files.VERBS, *history.VERBS, *database.VERBS)

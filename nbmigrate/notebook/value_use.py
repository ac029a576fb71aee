"""What a cell does with the value of a magic: the shell shows it, the code keeps it, or it is dropped."""

import dis
import sys
from enum import Enum
from types import FrameType

#: Packages whose frames stand between a magic and the code that it is written in.
_BETWEEN = ("IPython", "ipykernel", "nbmigrate")
_TIMED = "<magic-timeit>"


class ValueUse(Enum):
    """What becomes of the value of an expression.

    The shell shows the one that a cell ends with. An assignment, an argument, a `return` keep it. A statement before
    the last one, or in a loop, a block or a function, drops it.
    """

    SHOWN = "shown"
    KEPT = "kept"
    DROPPED = "dropped"


def value_use() -> ValueUse:
    """Return what the code that runs a magic does with its value.

    The compiler has written it down: behind the call stands what happens to the value. So this holds wherever the call
    stands, and whichever expressions the shell is set to show (`ast_node_interactivity`).
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in _BETWEEN:
        frame = frame.f_back
    # What is run a million times for its time is not to be shown a million times.
    if frame is None or frame.f_code.co_filename == _TIMED:
        return ValueUse.KEPT
    following = next(
        (found for found in dis.get_instructions(frame.f_code) if found.offset > frame.f_lasti), None
    )
    if following is None:
        return ValueUse.KEPT
    if following.opname == "POP_TOP":
        return ValueUse.DROPPED
    # PRINT_EXPR is Python 3.11's.
    shown = following.opname == "PRINT_EXPR" or following.argrepr == "INTRINSIC_PRINT"
    return ValueUse.SHOWN if shown else ValueUse.KEPT

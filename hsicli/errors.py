"""What can go wrong, and what to do about it.

::

    HsiError             the computation failed           exit 1
    ├── ConfigError      usage or configuration           exit 2
    ├── InputError       an input is missing or invalid   exit 3
    └── StaleError       the output was made otherwise    exit 4

Anything else that is raised is a bug.
"""


class HsiError(Exception):
    """The user's mistake, or the world's: what is wrong, and what to do.

    Parameters
    ----------
    problem : str
        Where (file, key), what was expected and what was found, in one line.
    hint : str
        What to do; begins with a verb. May be empty.
    """

    exit_code = 1

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


class ConfigError(HsiError):
    """The command line or a configuration file asks for what does not exist."""

    exit_code = 2


class InputError(HsiError):
    """An input is missing, unreadable or invalid."""

    exit_code = 3


class PartError(HsiError):
    """Some items of a batch failed; the others are done."""

    exit_code = 5


class StaleError(HsiError):
    """The output exists and was made otherwise."""

    exit_code = 4

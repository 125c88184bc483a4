"""
The error tree. Everything that the package raises on purpose is a `SynthBuilderError`.

SynthBuilderError
├── RecipeError                 the recipe, or a value given on the command line, can't be used
│   └── UnknownNameError        a strategy, engine, filter, scorer, variant or label that does not exist
├── RealDataError               the real data that a recipe names can't be used
├── MissingExtraError           an optional package is not installed
├── EngineError                 the engine did not answer a request
│   ├── EngineUnreachableError  nobody listens at the endpoint, or it is not what it should be
│   ├── EngineAuthError         the endpoint wants a key, or another one
│   ├── EngineOverloadedError   refused for now (429, 424, 500, 50x, cut connections, time-outs)
│   ├── RequestRefusedError     this one request will never be answered (400, 413, 422)
│   ├── EngineReplyError        the answer is not in the protocol's form
│   └── EngineChangedError      the server holds another model than the one that answered before
├── FilterError                 a filter can't do its work
├── BuildInterruptedError       stopped before the end; says how to continue
├── JournalError                the journal can't be read or written
├── BudgetReachedError          the tokens or the money that a build may use are used
├── LedgerError                 the tally does not add up: a defect of ours
├── ClusterError                there is no cluster to run on, or it can't go on
├── ReleaseError                a release folder is missing, incomplete or of another recipe
├── PublishError                a release can't be published, or a published one can't be read
│   └── PlaceMovedError         somebody else published in between; the next try starts from there
├── ScoringError                a dataset can't be scored
│   └── LeakedTestRowsError     test rows stand in a training set
└── StudyError                  a study, or the results of one, can't be used
"""


class SynthBuilderError(Exception):
    """Base of all errors that this package raises on purpose; its text is meant for the user."""


class RecipeError(SynthBuilderError):
    """A recipe, or a value that overrides a part of it, can't be used."""


class UnknownNameError(RecipeError):
    """A name (strategy, engine, filter, variant, label) that does not exist."""


class RealDataError(SynthBuilderError):
    """The real data that a recipe names are missing or do not fit the task."""


class MissingExtraError(SynthBuilderError):
    """An optional package is needed and not installed."""


class EngineError(SynthBuilderError):
    """The engine did not answer a request."""


class EngineUnreachableError(EngineError):
    """Nobody listens at the endpoint, or what listens there is no server of the asked kind."""


class EngineAuthError(EngineError):
    """The endpoint wants a key, or another one than it was given."""


class EngineOverloadedError(EngineError):
    """
    The request was refused or lost for now and is worth another try.

    Args:
        message (`str`):
            What happened.
        retry_after (`float`, *optional*):
            Seconds to wait, when the server named them.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RequestRefusedError(EngineError):
    """The server will never answer this one request (its prompt is too long, a value is not valid)."""


class EngineReplyError(EngineError):
    """The answer is not in the form that the protocol promises."""


class EngineChangedError(EngineError):
    """The server holds another model than the one that gave the completions so far."""


class FilterError(SynthBuilderError):
    """A filter can't do its work: its model can't be read, or a scorer gives no scores."""


class BuildInterruptedError(SynthBuilderError):
    """A build stopped before its end. What was answered is in the journal."""


class BudgetReachedError(SynthBuilderError):
    """The tokens or the money that a build may use are used. What was answered is kept; more can be allowed later."""


class JournalError(SynthBuilderError):
    """The journal can't be opened, read or written."""


class LedgerError(SynthBuilderError):
    """The tally does not add up. This is a defect of the package, never of the user."""


class ClusterError(SynthBuilderError):
    """There is no cluster to run on, or it can't go on."""


class ReleaseError(SynthBuilderError):
    """A release folder is missing, incomplete, or belongs to another recipe."""


class PublishError(SynthBuilderError):
    """A release can't be published, or a published one can't be read."""


class PlaceMovedError(PublishError):
    """What is published has changed since it was looked at; nothing was put down, or it is not known whether."""


class ScoringError(SynthBuilderError):
    """A dataset can't be scored."""


class LeakedTestRowsError(ScoringError):
    """Test rows stand in a training set."""


class StudyError(SynthBuilderError):
    """A study can't be run, or the results of one can't be read or handed in."""

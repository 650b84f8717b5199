"""Every exception that Synth raises on purpose, named by whose fault it is.

- SynthError
  - UserError: what was asked cannot be done; exit code 2
    - BadFlag: a flag or a config key (unknown name, value out of range)
    - BadSource: a data file or data set that cannot be used at all
    - BadFolder: an output or corpus folder that cannot be used (not writable, made with another config)
    - BadManifest: a manifest or published corpus that breaks its contract
    - MissingExtra: an optional dependency is not installed
  - StoppedError: the run could not finish, what is done is kept; exit code 1
    - TeacherError: the teacher cannot start, cannot be reached, or keeps failing
    - DiskError: the disk is full or not writable any more
    - Interrupted: Ctrl-C or a signal
    - CheckFailed: a verification found differences
    - TrainingFailed: a training run went wrong (no number, divergence, out of memory)

Every message ends with what to do next. Nothing else may reach the user as a traceback.
"""


class SynthError(Exception):
    """Base of all errors that the command line prints as one clear line."""

    exit_code = 1


class UserError(SynthError):
    """What was asked cannot be done as asked."""

    exit_code = 2


class BadFlag(UserError):
    """A flag or configuration key has an unknown name or a value that cannot be used."""


class BadSource(UserError):
    """A source of English examples cannot be read at all (single bad rows are counted instead)."""


class BadFolder(UserError):
    """A folder cannot be used: not writable, or it holds a corpus made with another configuration."""


class BadManifest(UserError):
    """A manifest, or a corpus that came from someone else, breaks its contract."""


class MissingExtra(UserError):
    """An optional dependency is missing; the message carries the install command."""


class StoppedError(SynthError):
    """The run could not finish; everything made so far is kept and the message says how to go on."""


class TeacherError(StoppedError):
    """The teacher cannot start, cannot be reached, or fails for every request."""


class DiskError(StoppedError):
    """The disk is full, or a file of the corpus cannot be written."""


class Interrupted(StoppedError):
    """The user stopped the run."""

    exit_code = 130


class CheckFailed(StoppedError):
    """A verification (manifest, corpus, matching of arms) found differences."""


class TrainingFailed(StoppedError):
    """A training run went wrong in a way that running it again would not mend.

    Args:
        message: What happened and what to change.
        failure: In a word, for the run record: `nan`, `diverged`, `out of memory`.
        step: The step at which it happened, from 1; None when no step had begun.
    """

    def __init__(self, message: str, failure: str = "failed", step: int | None = None) -> None:
        super().__init__(message)
        self.failure, self.step = failure, step

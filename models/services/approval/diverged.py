"""When workflow and record contradict each other."""


class RecordDivergedError(RuntimeError):
    """Workflow and record disagree about the case: an incident, never papered over."""

"""How pictures are made and measured: Batch, Job, Step, Attempt, Artifact; Rendition and Check."""

from processing.models.pictures import (
    Artifact,
    ArtifactState,
    Check,
    Rendition,
    RenditionKind,
    RenditionQuerySet,
    RenditionState,
)
from processing.models.upkeep import (
    ProviderState,
    UpkeepLease,
)
from processing.models.work import (
    ACTIVE_JOB_STATES,
    Attempt,
    Batch,
    BatchState,
    Job,
    JobState,
    Outcome,
    Priority,
    Recipe,
    Step,
    StepState,
)

__all__ = [
    "ACTIVE_JOB_STATES",
    "Artifact",
    "ArtifactState",
    "Attempt",
    "Batch",
    "BatchState",
    "Check",
    "Job",
    "JobState",
    "Outcome",
    "Priority",
    "ProviderState",
    "Recipe",
    "Rendition",
    "RenditionKind",
    "RenditionQuerySet",
    "RenditionState",
    "Step",
    "StepState",
    "UpkeepLease",
]

"""How pictures are made and measured: Batch, Job, Step, Attempt, Artifact; Rendition and Check."""

from processing.models.bakeoffs import BakeOff, BakeOffEntry
from processing.models.gathered import EntryFailure, EntryState, GatheredBatch, GatheredEntry, GatheredState
from processing.models.money import Budget, BudgetScope
from processing.models.pictures import (
    Artifact,
    ArtifactState,
    Check,
    Rendition,
    RenditionKind,
    RenditionQuerySet,
    RenditionState,
)
from processing.models.prompting import Prompt, PromptFile, PromptTemplate
from processing.models.repairs import Repair, RepairState
from processing.models.sets import OwnBackplate
from processing.models.upkeep import (
    ProviderState,
    UpkeepLease,
)
from processing.models.work import (
    ACTIVE_JOB_STATES,
    Attempt,
    Batch,
    BatchQuerySet,
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
    "BakeOff",
    "BakeOffEntry",
    "Batch",
    "BatchQuerySet",
    "BatchState",
    "Budget",
    "BudgetScope",
    "Check",
    "EntryFailure",
    "EntryState",
    "GatheredBatch",
    "GatheredEntry",
    "GatheredState",
    "Job",
    "JobState",
    "Outcome",
    "OwnBackplate",
    "Priority",
    "Prompt",
    "PromptFile",
    "PromptTemplate",
    "ProviderState",
    "Recipe",
    "Rendition",
    "RenditionKind",
    "RenditionQuerySet",
    "RenditionState",
    "Repair",
    "RepairState",
    "Step",
    "StepState",
    "UpkeepLease",
]

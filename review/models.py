"""Who judges, and how sure we are: Policy, Verdict, ReviewTask and Decision."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from processing.models import Rendition

if TYPE_CHECKING:
    from accounts.models import User

# How long a claimed picture stays with its reviewer without a sign of life.
LEASE = timedelta(minutes=5)
# A decision counts after this; until then an undo leaves no trace outside.
GRACE = timedelta(seconds=10)


class Policy(models.Model):
    """One version of the limits. A row never changes but for `is_active`: an edit or a revert is the next version."""

    version = models.PositiveIntegerField(unique=True)
    # {code: {"limit": 1.5, "direction": "max" or "min", "hard": false}}
    limits = models.JSONField(default=dict)
    # [{"category": "fashion" or "", "kind": "main" or "", "limits": {code: {...}}}]; a later one outweighs an earlier one
    overrides = models.JSONField(default=list, blank=True)
    audit_rate = models.FloatField(
        default=0.03,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="share of auto-approved pictures that a person sees anyway, unmarked",
    )
    fault_rate = models.FloatField(
        default=0.03,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="known faults put into the queue unmarked, as a share of what waits there",
    )
    note = models.CharField(max_length=400, blank=True)
    is_active = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="policy_one_active"),
            models.CheckConstraint(condition=Q(audit_rate__gte=0, audit_rate__lte=1), name="policy_audit_rate_share"),
            models.CheckConstraint(condition=Q(fault_rate__gte=0, fault_rate__lte=1), name="policy_fault_rate_share"),
        ]

    def __str__(self) -> str:
        return f"policy {self.version}"


class RouteDoubtQuerySet(models.QuerySet["RouteDoubt"]):
    def open(self) -> "RouteDoubtQuerySet":
        return self.filter(ended_at=None)


class RouteDoubt(models.Model):
    """A route whose scores have drifted from those it was known by. While it is open more of its pictures are audited."""

    category = models.CharField(max_length=40)
    kind = models.CharField(max_length=10)
    recipe = models.CharField(max_length=80, blank=True)
    engine = models.CharField(max_length=80, blank=True)
    sentence = models.CharField(max_length=400)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = RouteDoubtQuerySet.as_manager()

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "kind", "recipe", "engine"], condition=Q(ended_at=None), name="route_doubt_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"doubt about {self.kind} of {self.category}"

    @property
    def route(self) -> tuple[str, str, str, str]:
        return self.category, self.kind, self.recipe, self.engine


class VerdictOutcome(models.TextChoices):
    AUTO_APPROVED = "auto_approved", _("Shipped unseen")
    IN_REVIEW = "in_review", _("Needs a look")


class Verdict(models.Model):
    """What the gate said about a rendition, by which policy, and why."""

    rendition = models.OneToOneField(Rendition, on_delete=models.CASCADE, related_name="verdict")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="verdicts")
    outcome = models.CharField(max_length=14, choices=VerdictOutcome.choices)
    # [{"code", "label", "value", "unit", "limit", "direction", "severity", "box", "worst", "backdrop", "detail"}], worst first
    doubts = models.JSONField(default=list)
    score = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=VerdictOutcome.values), name="verdict_outcome_known")
        ]
        # Replay and the dashboard: the newest verdicts first.
        indexes = [models.Index(fields=["created_at"], name="verdict_newest")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.rendition_id}"


class KnownFault(models.Model):
    """A good cut-out of one's own with a fault put in on purpose: shown in its place, to learn how many faults people find.

    The rendition itself is untouched; the faulty picture is never shipped and counts nowhere but in the hit rate.
    """

    defect = models.CharField(max_length=40)
    strength = models.PositiveSmallIntegerField()
    overlay_sha256 = models.CharField(max_length=64)
    thumb_sha256 = models.CharField(max_length=64)
    score = models.FloatField()
    # As in Verdict, and the same of what passed: [{"label", "value", "unit"}]
    doubts = models.JSONField(default=list)
    passed = models.JSONField(default=list)
    # {code: PNG in base64}
    heats = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.defect} {self.strength}"


class TaskState(models.TextChoices):
    OPEN = "open", _("Waiting")
    DECIDED = "decided", _("Decided")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReviewTaskQuerySet(models.QuerySet["ReviewTask"]):
    def open(self) -> "ReviewTaskQuerySet":
        return self.filter(state=TaskState.OPEN)

    def held(self) -> "ReviewTaskQuerySet":
        return self.open().filter(lease_until__gt=timezone.now())

    def free(self) -> "ReviewTaskQuerySet":
        return self.open().filter(Q(lease_until=None) | Q(lease_until__lte=timezone.now()))

    def real(self) -> "ReviewTaskQuerySet":
        """Without known faults, which are about nothing that ships."""
        return self.filter(is_known_fault=False)


class ReviewTask(models.Model):
    """A rendition that waits for a person, and who looks at it now. An expired lease counts as free; nothing clears it."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="review_tasks")
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.OPEN)
    queue = models.CharField(max_length=24, help_text="code of the leading doubt")
    rank = models.FloatField(default=0, help_text="lowest first")
    # Raised by every decision, undo and change of hands: a late decision about an older version is a conflict.
    version = models.PositiveIntegerField(default=1)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="claimed_tasks"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Neither is ever shown to the reviewer: people miss what they do not expect.
    is_audit = models.BooleanField(default=False)
    is_known_fault = models.BooleanField(default=False)
    known_fault = models.ForeignKey(KnownFault, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    # An audit opened by a found escape. Not drawn by chance, so it says nothing about the share of faults.
    is_follow_up = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewTaskQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "id"]
        constraints = [
            # A known fault only borrows its rendition's place, and must not keep a real task out.
            models.UniqueConstraint(
                fields=["rendition"], condition=Q(state="open", is_known_fault=False), name="review_task_one_open"
            ),
            models.CheckConstraint(
                condition=Q(is_known_fault=False, known_fault=None) | Q(is_known_fault=True, known_fault__isnull=False),
                name="review_task_fault_known",
            ),
            models.CheckConstraint(condition=Q(state__in=TaskState.values), name="review_task_state_known"),
        ]
        indexes = [
            # The claim: the worst of one queue, or of all.
            models.Index(fields=["queue", "rank", "id"], condition=Q(state="open"), name="review_task_of_queue"),
            models.Index(fields=["rank", "id"], condition=Q(state="open"), name="review_task_next"),
        ]

    def __str__(self) -> str:
        return f"review task {self.pk}"

    def is_held_by_another(self, user: "User") -> bool:
        held = self.lease_until is not None and self.lease_until > timezone.now()
        return held and self.claimed_by_id not in (None, user.pk)

    def close(self, *, at: datetime) -> None:
        self.state, self.decided_at, self.lease_until = TaskState.DECIDED, at, None
        self.version += 1
        self.save(update_fields=["state", "decided_at", "lease_until", "version"])

    def reopen(self, *, holder: "User | None") -> None:
        """Open again, in the hands of whoever took the decision back."""
        now = timezone.now()
        self.state, self.decided_at, self.claimed_by = TaskState.OPEN, None, holder
        self.claimed_at, self.lease_until = (now, now + LEASE) if holder else (None, None)
        self.version += 1
        self.save(update_fields=["state", "decided_at", "claimed_by", "claimed_at", "lease_until", "version"])


class DecisionVerdict(models.TextChoices):
    APPROVE = "approve", _("Approved")
    REJECT = "reject", _("Rejected")
    REWORK = "rework", _("Sent to rework")
    SKIP = "skip", _("Skipped")
    UNDO = "undo", _("Taken back")


class HumanReason(models.TextChoices):
    """What only a person can name; the others are codes of checks."""

    WRONG_PRODUCT = "WRONG_PRODUCT", _("Wrong product")
    RESHOOT = "RESHOOT", _("Needs a new photo")
    DAMAGED = "DAMAGED", _("Product is damaged")
    OTHER = "OTHER", _("Something else")
    NOT_TO_BRIEF = "NOT_TO_BRIEF", _("Not what was asked for")
    WISH_BACKGROUND = "WISH_BACKGROUND", _("Another background")
    WISH_CROP = "WISH_CROP", _("Another crop or position")
    WISH_LOOK = "WISH_LOOK", _("Another look")


# A picture that is right, only not as somebody wants it: no fault, so it says nothing about the machine.
WISHES = frozenset(
    {HumanReason.NOT_TO_BRIEF, HumanReason.WISH_BACKGROUND, HumanReason.WISH_CROP, HumanReason.WISH_LOOK}
)


class DecisionQuerySet(models.QuerySet["Decision"]):
    def due(self) -> "DecisionQuerySet":
        """Past the grace, not in effect yet, not taken back."""
        return self.filter(applied_at=None, undone_at=None, effective_at__lte=timezone.now())

    def standing(self) -> "DecisionQuerySet":
        """What still holds: judgements that were not taken back."""
        return self.filter(undone_at=None).exclude(verdict__in=[DecisionVerdict.SKIP, DecisionVerdict.UNDO])

    def real(self) -> "DecisionQuerySet":
        """Without those about known faults."""
        return self.filter(task__is_known_fault=False)


class Decision(models.Model):
    """What a reviewer said about a task. Appended, never edited but for the three times below; an undo is an entry of its own."""

    client_id = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="named by the client: sent twice, kept once"
    )
    task = models.ForeignKey(ReviewTask, on_delete=models.CASCADE, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="decisions")
    verdict = models.CharField(max_length=8, choices=DecisionVerdict.choices)
    reason = models.CharField(max_length=24, blank=True, help_text="code of a check or of HumanReason")
    rework_id = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    ms = models.PositiveIntegerField(null=True, help_text="time the picture was looked at")
    views = models.JSONField(default=list, help_text="views opened while looking, as heat or compare")
    # {"strokes": [...], "approve": bool}: the matte as fixed by hand, for the rework of that name.
    painting = models.JSONField(default=dict, blank=True)
    # {code of a check: "shared" (both saw it), "machine" (a person did not mind), "person" (the machine did not see it)}
    agreement = models.JSONField(default=dict, blank=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="undone_by")
    created_at = models.DateTimeField(default=timezone.now)
    effective_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=DecisionVerdict.values), name="decision_verdict_known"),
            # One standing judgement per task, whatever two reviewers press at the same moment.
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(undone_at=None, verdict__in=["approve", "reject", "rework"]),
                name="decision_one_standing",
            ),
        ]
        indexes = [
            models.Index(fields=["effective_at"], condition=Q(applied_at=None, undone_at=None), name="decision_due"),
            # Agreement and pace: what people said lately.
            models.Index(fields=["created_at"], name="decision_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of task {self.task_id}"


class PracticeAnswer(models.Model):
    """What somebody said about a practice item with a known answer. Feeds nothing but that person's own sum."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practice_answers")
    item = models.SlugField(max_length=40)
    verdict = models.CharField(max_length=8, choices=DecisionVerdict.choices)
    is_right = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        # A person's last answer to each item.
        indexes = [models.Index(fields=["by", "item", "-id"], name="practice_answer_last")]

    def __str__(self) -> str:
        return f"{self.item}: {self.verdict}"

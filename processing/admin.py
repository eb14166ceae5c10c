"""Rows behind the pages, for whoever keeps the installation. Nothing is added or changed here: that is what jobs are for."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from processing.models import Artifact, Attempt, Batch, Job, ProviderState, Recipe, Rendition, Step

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin


class ReadOnly(Base):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Recipe)
class RecipeAdmin(ReadOnly):
    list_display = ["name", "version", "label", "is_current", "created_at"]
    list_filter = ["is_current"]


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    list_display = ["id", "name", "recipe", "state", "priority", "owner", "created_at", "finished_at"]
    list_filter = ["state", "priority", "source"]
    list_select_related = ["recipe", "owner"]


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ["id", "sku", "batch", "state", "stage", "claim_count", "error_code", "seconds"]
    list_filter = ["state", "error_code"]
    search_fields = ["sku", "file"]
    list_select_related = ["batch"]


@admin.register(Step)
class StepAdmin(ReadOnly):
    list_display = ["id", "job", "name", "state", "is_reused", "provider", "attempt_count", "seconds"]
    list_filter = ["kind", "state", "provider"]
    list_select_related = ["job"]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    list_display = ["id", "step", "number", "outcome", "provider", "provider_ref", "price", "cost", "started_at"]
    list_filter = ["outcome", "provider", "possible_duplicate"]
    list_select_related = ["step"]


@admin.register(Artifact)
class ArtifactAdmin(ReadOnly):
    list_display = ["id", "role", "sha256", "media_type", "bytes", "state", "created_at"]
    list_filter = ["role", "state"]


@admin.register(Rendition)
class RenditionAdmin(ReadOnly):
    list_display = ["id", "job", "name", "kind", "attempt", "is_current", "state", "score"]
    list_filter = ["kind", "state", "is_current"]
    list_select_related = ["job"]


@admin.register(ProviderState)
class ProviderStateAdmin(Base):
    """Limits may be changed here; the rest is what workers have learned."""

    list_display = ["name", "max_in_flight", "calls_per_minute", "share", "failures", "blocked_until", "message"]
    readonly_fields = ["name", "tokens", "refilled_at", "failures", "message"]

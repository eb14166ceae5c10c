from django.urls import path, register_converter

from processing import hook_views, set_views, views


class Sha256Converter:
    """A content hash in hexadecimal."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Sha256Converter, "sha256")

urlpatterns = [
    path("hooks/replicate", hook_views.replicate, name="provider-hook"),
    path("batches/<int:pk>", views.batch, name="batch"),
    path("batches/<int:pk>/progress", views.batch_progress, name="batch-progress"),
    path("batches/<int:pk>/retry", views.batch_retry, name="batch-retry"),
    path("batches/<int:pk>/pause", views.batch_pause, name="batch-pause"),
    path("batches/<int:pk>/resume", views.batch_resume, name="batch-resume"),
    path("batches/<int:pk>/cancel", views.batch_cancel, name="batch-cancel"),
    path("batches/<int:pk>/schedule", views.batch_schedule, name="batch-schedule"),
    path("batches/<int:pk>/archive", views.batch_archive, name="batch-archive"),
    path("batches/<int:pk>/unarchive", views.batch_unarchive, name="batch-unarchive"),
    path("jobs/<int:pk>/cancel", views.job_cancel, name="job-cancel"),
    path("media/<sha256:sha256>/<str:name>", views.media, name="media"),
    path("settings/backplates/", set_views.backplates, name="own-backplates"),
    path("settings/backplates/<int:pk>", set_views.backplate, name="own-backplate"),
    path("settings/backplates/<int:pk>/remove", set_views.remove_backplate, name="own-backplate-remove"),
    path("settings/backplates/<int:pk>/<slug:which>.webp", set_views.backplate_picture, name="own-backplate-picture"),
    path("originals/<int:pk>/<str:name>", views.original, name="original"),
]

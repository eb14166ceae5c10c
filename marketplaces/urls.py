from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from marketplaces import views

urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/new", views.export_new, name="export-new"),
    path("exports/<int:pk>", views.export, name="export"),
    path("exports/<int:pk>/progress", views.export_progress, name="export-progress"),
    path("exports/<int:pk>/again", views.export_again, name="export-again"),
    path("exports/<int:pk>/download", views.export_download, name="export-download"),
    path("exports/<int:pk>/files/<path:name>", views.export_file, name="export-file"),
    path("", include("marketplaces.deliveries.urls")),
    path("channels/<slug:name>", views.channel, name="channel"),
    path("channels/<slug:name>/breaches", views.channel_breaches, name="channel-breaches"),
    path("channels/<slug:name>/settings", views.channel_settings, name="channel-settings"),
    path("channels/<slug:name>/rules", views.channel_rules, name="channel-rules"),
    re_path(
        r"^m/(?P<key>[0-9a-f]{16})/(?P<name>[A-Za-z0-9._-]+)$",
        login_not_required(views.public_file),
        name="public-file",
    ),
]

from django.urls import include, path

from insights import selection_views, tagging_views, views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("gallery", views.gallery, name="gallery"),
    path("gallery/export", selection_views.export, name="gallery-export"),
    path("gallery/review", selection_views.review, name="gallery-review"),
    path("gallery/recall", selection_views.recall, name="gallery-recall"),
    path("gallery/again", selection_views.again, name="gallery-again"),
    path("gallery/undo", selection_views.undo, name="gallery-undo"),
    path("gallery/tag", tagging_views.tag, name="gallery-tag"),
    path("gallery/tag/undo", tagging_views.undo, name="gallery-tag-undo"),
    path("gallery/compare", views.compare, name="gallery-compare"),
    path("products/<str:code>", views.product, name="product"),
    path("products/<str:code>/set.zip", views.product_set, name="product-set"),
    path("dashboard", views.dashboard, name="dashboard"),
    path("", include("insights.new_batch_urls")),
    path("", include("insights.money_urls")),
    path("", include("insights.generate_urls")),
    path("", include("insights.bakeoff_urls")),
]

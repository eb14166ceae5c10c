from django.urls import path

from review import asking, thresholds, views

urlpatterns = [
    path("review/", views.review_queue, name="review-queue"),
    path("review/room", views.review_room, name="review-room"),
    path("review/cluster", views.review_cluster, name="review-cluster"),
    path("review/keys", views.keys, name="review-keys"),
    path("review/take-over", views.take_over, name="review-take-over"),
    path("review/heat/<int:pk>.png", views.heat, name="review-heat"),
    path("review/renditions/<int:pk>/ask", asking.send_to_review, name="rendition-review"),
    path("settings/thresholds", thresholds.thresholds, name="thresholds"),
    path("settings/thresholds/<int:version>/revert", thresholds.revert, name="thresholds-revert"),
]

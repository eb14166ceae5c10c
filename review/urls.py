from django.urls import path

from review import asking, log_views, thresholds, views

urlpatterns = [
    path("review/", views.review_queue, name="review-queue"),
    path("review/room", views.review_room, name="review-room"),
    path("review/cluster", views.review_cluster, name="review-cluster"),
    path("review/practice", views.practice_room, name="review-practice"),
    path("review/practice/answers", views.practice_answer, name="review-practice-answer"),
    path("review/keys", views.keys, name="review-keys"),
    path("review/surround", views.surround, name="review-surround"),
    path("review/take-over", views.take_over, name="review-take-over"),
    path("review/tasks/<int:pk>/heat/<slug:code>.png", views.heat, name="review-heat"),
    path("review/tasks/<int:pk>/loupe/<slug:code>/<slug:which>.webp", views.loupe, name="review-loupe"),
    path("review/tasks/<int:pk>/whole", views.whole, name="review-whole"),
    path("review/renditions/<int:pk>/ask", asking.send_to_review, name="rendition-review"),
    path("settings/log", log_views.audit_log, name="audit-log"),
    path("settings/log.csv", log_views.audit_log_csv, name="audit-log-csv"),
    path("settings/thresholds", thresholds.thresholds, name="thresholds"),
    path("settings/thresholds/suggested", thresholds.adopt_suggested, name="thresholds-suggested"),
    path("settings/thresholds/<int:version>/revert", thresholds.revert, name="thresholds-revert"),
]

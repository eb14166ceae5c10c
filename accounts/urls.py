from django.contrib.auth.decorators import login_not_required
from django.urls import path

from accounts import views, webhook_views

urlpatterns = [
    path("sign-in/", login_not_required(views.sign_in), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/tokens/", views.tokens, name="tokens"),
    path("settings/tokens/new", views.create_token, name="token-new"),
    path("settings/tokens/<int:pk>/revoke", views.revoke_token, name="token-revoke"),
    path("settings/webhooks/", webhook_views.webhooks, name="webhooks"),
    path("settings/webhooks/new", webhook_views.create, name="webhook-new"),
    path("settings/webhooks/<int:pk>/test", webhook_views.test, name="webhook-test"),
    path("settings/webhooks/<int:pk>/switch", webhook_views.switch, name="webhook-switch"),
    path("settings/webhooks/<int:pk>/secret", webhook_views.rotate, name="webhook-secret"),
    path("settings/webhooks/<int:pk>/delete", webhook_views.delete, name="webhook-delete"),
    path("settings/webhooks/deliveries/<int:pk>/replay", webhook_views.replay, name="webhook-replay"),
]

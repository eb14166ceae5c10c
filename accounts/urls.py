from django.contrib.auth.decorators import login_not_required
from django.urls import path

from accounts import views

urlpatterns = [
    path("sign-in/", login_not_required(views.sign_in), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/tokens/", views.tokens, name="tokens"),
    path("settings/tokens/new", views.create_token, name="token-new"),
    path("settings/tokens/<int:pk>/revoke", views.revoke_token, name="token-revoke"),
]

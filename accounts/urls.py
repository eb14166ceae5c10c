from django.contrib.auth.decorators import login_not_required
from django.urls import path

from accounts import people_views, second_factor_views, views, webhook_views

urlpatterns = [
    path("sign-in/", login_not_required(views.sign_in), name="sign-in"),
    path("sign-in/code", login_not_required(second_factor_views.EnterCode.as_view()), name="sign-in-code"),
    path("sign-out/", login_not_required(views.sign_out), name="sign-out"),
    path("password/forgotten", login_not_required(people_views.forgot_password), name="password-forgotten"),
    path("password/<uidb64>/<token>", login_not_required(people_views.choose_password), name="password-choose"),
    path("settings/password", people_views.change_password, name="password-change"),
    path("settings/second-factor/", second_factor_views.page, name="second-factor"),
    path("settings/second-factor/begin", second_factor_views.begin, name="second-factor-begin"),
    path("settings/second-factor/confirm", second_factor_views.confirm, name="second-factor-confirm"),
    path("settings/second-factor/codes", second_factor_views.renew_codes, name="second-factor-codes"),
    path("settings/second-factor/off", second_factor_views.turn_off, name="second-factor-off"),
    path("settings/people/", people_views.people_page, name="people"),
    path("settings/people/new", people_views.add, name="person-new"),
    path("settings/people/<int:pk>/role", people_views.change_role, name="person-role"),
    path("settings/people/<int:pk>/switch", people_views.switch, name="person-switch"),
    path("settings/people/<int:pk>/link", people_views.new_link, name="person-link"),
    path("settings/people/<int:pk>/second-factor", people_views.reset_second_factor, name="person-second-factor"),
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

"""The host's addresses. Those of accounts keep Django's own names, the rest are in `ats:`."""

from django.contrib.auth import views as auth_views
from django.urls import include, path

from ats.views import accounts, applications, candidates, company_settings, imports, jobs, teams

host = [
    path("", accounts.home, name="home"),
    path("candidates/", candidates.candidate_list, name="candidates"),
    path("candidates/new/", candidates.candidate_new, name="candidate_new"),
    path("candidates/import/", imports.import_upload, name="import"),
    path("candidates/import/<int:import_id>/", imports.import_report, name="import_report"),
    path(
        "candidates/import/<int:import_id>/refused.csv",
        imports.import_refused,
        name="import_refused",
    ),
    path("candidates/<int:candidate_id>/", candidates.candidate_overview, name="candidate"),
    path("candidates/<int:candidate_id>/edit/", candidates.candidate_edit, name="candidate_edit"),
    path(
        "candidates/<int:candidate_id>/erase/", candidates.candidate_erase, name="candidate_erase"
    ),
    path(
        "candidates/<int:candidate_id>/applications/",
        applications.application_new,
        name="application_new",
    ),
    path(
        "applications/<int:application_id>/stage/",
        applications.application_stage,
        name="application_stage",
    ),
    path(
        "applications/<int:application_id>/interviews/",
        applications.interview_new,
        name="interview_new",
    ),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/new/", jobs.job_new, name="job_new"),
    path("jobs/<int:job_id>/", jobs.job_page, name="job"),
    path("settings/", company_settings.settings_index, name="settings"),
    path("settings/teams/", teams.team_list, name="teams"),
    path("settings/teams/new/", teams.team_new, name="team_new"),
    path("settings/teams/<int:team_id>/", teams.team_edit, name="team"),
    path("settings/teams/<int:team_id>/delete/", teams.team_delete, name="team_delete"),
    path("settings/candidate-fields/", company_settings.field_list, name="fields"),
]

urlpatterns = [
    path("sign-in/", accounts.SignIn.as_view(), name="login"),
    path("sign-out/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/password/", accounts.ChangePassword.as_view(), name="password_change"),
    path("password/", accounts.ResetPassword.as_view(), name="password_reset"),
    path("password/sent/", auth_views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        accounts.ChooseNewPassword.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/done/",
        auth_views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path("", include((host, "ats"))),
]

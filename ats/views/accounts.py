"""Signing in and out, passwords, one's own account."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy

from ats.access import signed_in
from ats.forms.accounts import ChangePasswordForm, NewPasswordForm, ResetForm, SignInForm


class SignIn(auth_views.LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True


class ResetPassword(auth_views.PasswordResetView):
    form_class = ResetForm
    email_template_name = "registration/password_reset_email.txt"
    subject_template_name = "registration/password_reset_subject.txt"


class ChooseNewPassword(auth_views.PasswordResetConfirmView):
    form_class = NewPasswordForm


class ChangePassword(SuccessMessageMixin, auth_views.PasswordChangeView):
    form_class = ChangePasswordForm
    success_url = reverse_lazy("account")
    success_message = "Your password is changed."
    extra_context = {"nav_key": "account"}


@login_required
def account(request: HttpRequest) -> HttpResponse:
    return render(request, "ats/account.html", {"nav_key": "account"})


def home(request: HttpRequest) -> HttpResponse:
    """Where each person begins: recruiters with candidates, ops with the administration."""
    user = request.user
    if not user.is_authenticated:
        return redirect("login")
    return redirect("ats:candidates" if signed_in(request).company_id else "admin:index")


def locked_out(
    request: HttpRequest, response: Any = None, credentials: Any = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """Too many wrong passwords: says for how long, and what to do meanwhile."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)

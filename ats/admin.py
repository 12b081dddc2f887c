"""The administration for ops: companies with their modules, people, and the rest to look at."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from ats.extensions import modules
from ats.models import (
    Application,
    Candidate,
    CandidateField,
    CandidateImport,
    CandidateValue,
    Company,
    Interview,
    Job,
    User,
)
from ats.tenancy import all_companies

admin.site.unregister(Group)
admin.site.site_header = "Applicant tracking, operations"


class CompanyForm(forms.ModelForm):
    modules = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What is off leaves no trace in the company's pages.",
    )

    class Meta:
        model = Company
        fields = ["name", "slug", "default_country", "timezone", "language", "modules"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["modules"].choices = [(m.key, m.label) for m in modules]  # type: ignore[attr-defined]

    def clean_default_country(self) -> str:
        return str(self.cleaned_data["default_country"]).upper()


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):
    form = CompanyForm
    list_display = ["name", "default_country", "timezone", "modules", "created_at"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}


class PersonCreationForm(BaseUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name", "company", "role"]


class PersonChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    ordering = ["email"]
    list_display = ["email", "full_name", "company", "role", "is_active", "is_staff"]
    list_filter = ["role", "is_active", "is_staff", "company"]
    search_fields = ["email", "full_name"]
    autocomplete_fields = ["company"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password", "full_name"]}),
        ("Company", {"fields": ["company", "role"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "full_name", "company", "role", "password1", "password2"]})
    ]


class LookOnly(admin.ModelAdmin):
    """Rows of all companies, to look at: they change only through their company's pages."""

    list_filter: ClassVar[Any] = ["company"]
    list_select_related: ClassVar[Any] = ["company"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        with all_companies():
            return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Candidate)
class CandidateAdmin(LookOnly):
    list_display = ["id", "company", "first_name", "last_name", "created_at"]


@admin.register(CandidateField)
class CandidateFieldAdmin(LookOnly):
    list_display = ["id", "company", "key", "label", "type", "required", "position"]


@admin.register(CandidateValue)
class CandidateValueAdmin(LookOnly):
    list_display = ["id", "company", "candidate_id", "field_id"]


@admin.register(Job)
class JobAdmin(LookOnly):
    list_display = ["id", "company", "title", "location", "status"]


@admin.register(Application)
class ApplicationAdmin(LookOnly):
    list_display = ["id", "company", "candidate_id", "job_id", "stage", "created_at"]


@admin.register(Interview)
class InterviewAdmin(LookOnly):
    list_display = ["id", "company", "application_id", "starts_at", "place"]


@admin.register(CandidateImport)
class CandidateImportAdmin(LookOnly):
    list_display = ["id", "company", "filename", "created_at", "imported_at", "imported_count"]
    exclude = ["text"]

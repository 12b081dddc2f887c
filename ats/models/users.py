"""The people who sign in: users of one company, and ops, who belong to none."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower


class Role(models.TextChoices):
    RECRUITER = "recruiter", "Recruiter"
    WHATSAPP_ADMIN = "whatsapp_admin", "WhatsApp admin"
    COMPANY_ADMIN = "company_admin", "Company admin"
    READ_ONLY = "read_only", "Read-only"


# A role that is not named here, or none at all, may only read.
_WRITING = frozenset({Role.RECRUITER, Role.WHATSAPP_ADMIN, Role.COMPANY_ADMIN})


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=email, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=120)
    company = models.ForeignKey(
        "ats.Company", on_delete=models.PROTECT, null=True, blank=True, related_name="users"
    )
    role = models.CharField(max_length=20, choices=Role, default=Role.RECRUITER)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(
        "ops", default=False, help_text="Ops may use the administration of all companies."
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        ordering = ["full_name", "id"]
        constraints = [
            # With the unique key above this makes addresses unique whatever their case.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="ats_user_email_lower"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.email

    @property
    def can_write(self) -> bool:
        return self.company_id is not None and self.role in _WRITING

    @property
    def is_company_admin(self) -> bool:
        return self.company_id is not None and self.role == Role.COMPANY_ADMIN

    @property
    def is_whatsapp_admin(self) -> bool:
        return self.company_id is not None and self.role == Role.WHATSAPP_ADMIN

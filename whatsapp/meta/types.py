"""What the Graph API answers, as frozen dataclasses; `from_json` forgives what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from whatsapp.meta.reading import (
    as_epoch,
    as_flag,
    as_int,
    as_mapping,
    as_mappings,
    as_optional_text,
    as_text,
    as_texts,
    as_time,
)
from whatsapp.meta.usage import Usage

MANAGEMENT_SCOPE = "whatsapp_business_management"
MESSAGING_SCOPE = "whatsapp_business_messaging"


@dataclass(frozen=True)
class AccessToken:
    """A token from a code; `expires_in` is None for one that does not expire."""

    token: str = field(repr=False)
    token_type: str
    expires_in: int | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            token=as_text(data.get("access_token")),
            token_type=as_text(data.get("token_type")) or "bearer",
            expires_in=as_int(data.get("expires_in")),
        )


@dataclass(frozen=True)
class GranularScope:
    """A permission and what it reaches; `target_ids` None means every asset of that kind."""

    scope: str
    target_ids: tuple[str, ...] | None


@dataclass(frozen=True)
class TokenInfo:
    """What a token is and reaches."""

    app_id: str
    type: str
    is_valid: bool
    issued_at: datetime | None
    expires_at: datetime | None  # None: never
    data_access_expires_at: datetime | None
    scopes: tuple[str, ...]
    granular_scopes: tuple[GranularScope, ...]
    user_id: str | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            app_id=as_text(data.get("app_id")),
            type=as_text(data.get("type")),
            is_valid=data.get("is_valid") is True,
            issued_at=as_epoch(data.get("issued_at")),
            expires_at=as_epoch(data.get("expires_at")),
            data_access_expires_at=as_epoch(data.get("data_access_expires_at")),
            scopes=as_texts(data.get("scopes")),
            granular_scopes=tuple(
                GranularScope(
                    scope=as_text(one.get("scope")),
                    target_ids=as_texts(one["target_ids"]) if "target_ids" in one else None,
                )
                for one in as_mappings(data.get("granular_scopes"))
            ),
            user_id=as_optional_text(data.get("user_id")),
        )

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """The permissions that the product needs and this token lacks."""
        return tuple(s for s in (MANAGEMENT_SCOPE, MESSAGING_SCOPE) if s not in self.scopes)

    @property
    def waba_ids(self) -> tuple[str, ...]:
        """The WABAs that the token names, newest first."""
        for one in self.granular_scopes:
            if one.scope == MANAGEMENT_SCOPE:
                return one.target_ids or ()
        return ()

    def reaches(self, waba_id: str) -> bool:
        """Whether the token proves access to this WABA; a scope without targets reaches all."""
        for one in self.granular_scopes:
            if one.scope == MANAGEMENT_SCOPE:
                return one.target_ids is None or waba_id in one.target_ids
        return False


@dataclass(frozen=True)
class Waba:
    """A WhatsApp Business Account."""

    id: str
    name: str
    currency: str | None = None
    timezone_id: str | None = None
    message_template_namespace: str | None = None
    ownership_type: str | None = None
    account_review_status: str | None = None
    business_verification_status: str | None = None
    country: str | None = None
    business_id: str | None = None
    business_name: str | None = None
    messaging_limit: str | None = None  # TIER_250 …, of the whole portfolio
    can_send: str | None = (
        None  # AVAILABLE, LIMITED or BLOCKED: the account's own part of its health
    )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        health = as_mapping(data.get("health_status"))
        own = [
            as_optional_text(one.get("can_send_message"))
            for one in as_mappings(health.get("entities"))
            if one.get("entity_type") == "WABA"
        ]
        owner = as_mapping(data.get("owner_business_info"))
        return cls(
            id=as_text(data.get("id")),
            name=as_text(data.get("name")),
            currency=as_optional_text(data.get("currency")),
            timezone_id=as_optional_text(data.get("timezone_id")),
            message_template_namespace=as_optional_text(data.get("message_template_namespace")),
            ownership_type=as_optional_text(data.get("ownership_type")),
            account_review_status=as_optional_text(data.get("account_review_status")),
            business_verification_status=as_optional_text(data.get("business_verification_status")),
            country=as_optional_text(data.get("country")),
            business_id=as_optional_text(owner.get("id")),
            business_name=as_optional_text(owner.get("name")),
            messaging_limit=as_optional_text(data.get("whatsapp_business_manager_messaging_limit")),
            can_send=own[0] if own else None,
        )


@dataclass(frozen=True)
class PhoneNumber:
    """A business phone number, our sender. Every status list at Meta is open-ended."""

    id: str
    display_phone_number: str
    verified_name: str
    status: str = "UNKNOWN"  # only CONNECTED sends
    name_status: str | None = None
    new_display_name: str | None = None
    new_name_status: str | None = None
    code_verification_status: str | None = None
    quality_rating: str = "UNKNOWN"
    throughput_level: str | None = None
    platform_type: str | None = None
    account_mode: str | None = None
    messaging_limit: str | None = None
    is_official_business_account: bool | None = None
    is_on_biz_app: bool | None = None
    last_onboarded_time: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=as_text(data.get("id")),
            display_phone_number=as_text(data.get("display_phone_number")),
            verified_name=as_text(data.get("verified_name")),
            status=as_text(data.get("status")) or "UNKNOWN",
            name_status=as_optional_text(data.get("name_status")),
            new_display_name=as_optional_text(data.get("new_display_name")),
            new_name_status=as_optional_text(data.get("new_name_status")),
            code_verification_status=as_optional_text(data.get("code_verification_status")),
            quality_rating=as_text(data.get("quality_rating")) or "UNKNOWN",
            throughput_level=as_optional_text(as_mapping(data.get("throughput")).get("level")),
            platform_type=as_optional_text(data.get("platform_type")),
            account_mode=as_optional_text(data.get("account_mode")),
            messaging_limit=as_optional_text(data.get("whatsapp_business_manager_messaging_limit")),
            is_official_business_account=as_flag(data.get("is_official_business_account")),
            is_on_biz_app=as_flag(data.get("is_on_biz_app")),
            last_onboarded_time=as_time(data.get("last_onboarded_time")),
        )


@dataclass(frozen=True)
class SubscribedApp:
    """An app that gets a WABA's webhooks."""

    id: str
    name: str
    link: str | None
    override_callback_uri: str | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        app = as_mapping(data.get("whatsapp_business_api_data"))
        return cls(
            id=as_text(app.get("id")),
            name=as_text(app.get("name")),
            link=as_optional_text(app.get("link")),
            override_callback_uri=as_optional_text(data.get("override_callback_uri")),
        )


@dataclass(frozen=True)
class Template:
    """A message template; its key at Meta is name and language."""

    id: str
    name: str
    language: str
    category: str
    status: str
    components: tuple[Mapping[str, Any], ...]
    parameter_format: str  # POSITIONAL or NAMED
    quality_score: str | None = None
    rejected_reason: str | None = None
    previous_category: str | None = None
    correct_category: str | None = None
    last_updated_time: datetime | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=as_text(data.get("id")),
            name=as_text(data.get("name")),
            # Meta writes en_US here and en-US in webhooks; the key needs one spelling.
            language=as_text(data.get("language")).replace("-", "_"),
            category=as_text(data.get("category")).upper(),
            status=as_text(data.get("status")).upper() or "UNKNOWN",
            components=as_mappings(data.get("components")),
            parameter_format=as_text(data.get("parameter_format")).upper() or "POSITIONAL",
            quality_score=as_optional_text(as_mapping(data.get("quality_score")).get("score")),
            rejected_reason=as_optional_text(data.get("rejected_reason")),
            previous_category=as_optional_text(data.get("previous_category")),
            correct_category=as_optional_text(data.get("correct_category")),
            last_updated_time=as_time(data.get("last_updated_time")),
        )


@dataclass(frozen=True)
class SendResult:
    """Meta took the message: accepted, not yet delivered.

    `message_status` is told of templates: accepted, held_for_quality_assessment (the template is
    new, and the message is sent or fails later) or paused (the template is). `usage` is there
    where Meta says how much of its limits is used up.
    """

    wamid: str
    wa_id: str | None = None
    user_id: str | None = None
    message_status: str | None = None
    input: str | None = field(default=None, repr=False)
    usage: Usage | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any], usage: Usage | None = None) -> Self:
        contact = next(iter(as_mappings(data.get("contacts"))), {})
        message = next(iter(as_mappings(data.get("messages"))), {})
        return cls(
            wamid=as_text(message.get("id")),
            wa_id=as_optional_text(contact.get("wa_id")),
            user_id=as_optional_text(contact.get("user_id")),
            message_status=as_optional_text(message.get("message_status")),
            input=as_optional_text(contact.get("input")),
            usage=usage,
        )


@dataclass(frozen=True)
class Media:
    """One file at Meta. `url` lives for minutes and needs the token, and is not to be trusted."""

    id: str
    url: str = field(repr=False)
    mime_type: str
    sha256: str
    file_size: int | None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            id=as_text(data.get("id")),
            url=as_text(data.get("url")),
            mime_type=as_text(data.get("mime_type")),
            sha256=as_text(data.get("sha256")),
            file_size=as_int(data.get("file_size")),
        )

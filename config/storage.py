"""Where uploaded and fetched files are kept: a folder, or S3 where a bucket is named."""

from __future__ import annotations

from typing import Any

from config import env


def default() -> dict[str, Any]:
    """Django's default storage. Nothing in it has an address of its own: views hand it out."""
    bucket = env.text("S3_BUCKET", "")
    if bucket:
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options(bucket)}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    }


def s3_options(bucket: str) -> dict[str, Any]:
    return {
        "bucket_name": bucket,
        # Empty: boto3 looks where it always does, such as the role of the machine.
        "access_key": env.text("AWS_ACCESS_KEY_ID", "") or None,
        "secret_key": env.text("AWS_SECRET_ACCESS_KEY", "") or None,
        "region_name": env.text("AWS_S3_REGION_NAME", "") or None,
        "endpoint_url": env.text("AWS_S3_ENDPOINT_URL", "") or None,
        "signature_version": "s3v4",
        # Objects are private unless said otherwise. Saying "private" as well would be refused by
        # buckets whose ACLs are off, as those of new buckets are (Amazon S3, Object Ownership:
        # AccessControlListNotSupported).
        "default_acl": None,
        "querystring_auth": False,
        "file_overwrite": True,
        # Larger files are read through the disk instead of memory.
        "max_memory_size": 4 * 1024 * 1024,
    }

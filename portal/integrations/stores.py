"""The store that STORAGE_URL names."""

from functools import lru_cache

from portal.integrations.storage import FolderStorage, Storage
from portal.settings import Settings


def store_of(settings: Settings) -> Storage:
    """An S3-compatible store for s3://…, and a folder else."""
    if settings.is_stored_elsewhere:
        return _s3(settings.storage_url)
    return FolderStorage(settings.storage_folder)


@lru_cache(maxsize=4)
def _s3(url: str) -> Storage:
    """Its client keeps connections and may be used by many threads; to make one takes a while."""
    from portal.integrations.s3 import S3Storage  # boto3 takes 20 MB that a folder does not need

    return S3Storage(url)

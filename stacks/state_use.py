"""What an environment uses of a state bucket: keys of its own and, where others use it too, nothing else."""

from constructs_lib.policies import plan_files
from constructs_lib.policies.place import Place
from settings import resource_names
from settings.model import Settings


def folders(settings: Settings) -> plan_files.Folders:
    """Return what the keys of CI's files begin with."""
    guest = settings.state.of is not None
    return plan_files.Folders(*resource_names.ci_folders(settings.environment, guest=guest))


def contexts(settings: Settings, place: Place) -> tuple[str, ...]:
    """Return, for a shared bucket, the ARNs for which `SecureStorageState` may use the key; else none.

    What was written before the bucket was shared is encrypted with a bucket key, for the ARN of the bucket.
    All of that is its owner's, who may go on reading it.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    if not settings.state.shared:
        return ()
    bucket = place.bucket(settings.state.bucket)
    state = f"{bucket}/{resource_names.state_key(resource_names.storage_stack(settings.environment))}"
    before = () if settings.state.of is not None else (bucket,)
    return (*before, state, f"{state}.tflock")


def contexts_of_ci(settings: Settings, place: Place) -> tuple[str, ...]:
    """Return, for a shared bucket, the ARNs for which a role of CI may use the key; else none."""
    of_state = contexts(settings, place)
    if not of_state:
        return ()
    bucket = place.bucket(settings.state.bucket)
    return (*of_state, *(f"{bucket}/{folder}*" for folder in folders(settings)))

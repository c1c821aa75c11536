"""The state stack for tests that need a state bucket and are not about how it is made."""

import json
import shutil
from pathlib import Path


def copy_state_stack(source: Path, folder: Path) -> Path:
    """Copy a synthesized state stack to `folder`, with a local state and no lifecycle; return `folder`.

    The state would otherwise lie in the bucket that is yet to be made; and the provider waits about a minute
    for a lifecycle, which the demo and the tests of bootstrap apply.
    """
    shutil.copytree(source, folder)
    file = folder / "cdk.tf.json"
    stack = json.loads(file.read_bytes())
    del stack["resource"]["aws_s3_bucket_lifecycle_configuration"]
    file.write_text(json.dumps(stack), encoding="utf-8")
    (folder / "backend_override.tf.json").write_text('{"terraform": {"backend": {"local": {}}}}')
    return folder

"""The AWS provider's bindings, loaded in a second instead of twenty.

The only module that touches `cdktf_cdktf_provider_aws`. That package is slow
to import on both sides of jsii: its Python root imports 2,200 submodules, and
its JavaScript index requires as many. Both are put off until they are used:

* Python: a bare module takes the root's place in `sys.modules` before the
  first import, so the root's `__init__` never runs. Submodules import
  normally, because the bare module has the root's search path.
* JavaScript: `lazy_bindings.cjs` is preloaded into the jsii child process.

What is synthesized is the same with and without; `EAGER_BINDINGS=1` in the
environment turns both off. Import this module before `cdktf` or `constructs`:
importing either starts the jsii child process, and it is too late then.

With `CDK_BINDINGS=cdktn` in the environment, the names `cdktf` and
`cdktf_cdktf_provider_aws` stand for the packages of its fork CDK Terrain,
`cdktn` and `cdktn_provider_aws`, which have the same API (docs/longevity.md).
No other module knows of the fork. Its root's `__init__` never runs.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

_ROOT = "cdktf_cdktf_provider_aws"
_INSTALLED = {"cdktf": ("cdktf", _ROOT), "cdktn": ("cdktn", "cdktn_provider_aws")}
_PRELOAD = Path(__file__).with_name("lazy_bindings.cjs")


def _skip_root_init(installed: str) -> None:
    """Register a bare module as `_ROOT`, with the search path of the package `installed`."""
    spec = importlib.util.find_spec(installed)
    if spec is None or spec.submodule_search_locations is None:
        if installed != _ROOT:
            sys.exit(
                f"Error: {installed} is not on Python's path; use the make targets, or see docs/longevity.md"
            )
        raise ImportError(f"{installed} is not installed; run `make synth`, which installs it")
    root = ModuleType(_ROOT)
    root.__spec__ = spec
    root.__path__ = list(spec.submodule_search_locations)
    sys.modules[_ROOT] = root


def _start_jsii(variables: dict[str, str]) -> None:
    """Start the jsii child process (importing `constructs` does) with `variables` set.

    They are set only for that moment: other Node programs that this process
    starts, such as the cdktf CLI, must not inherit them.
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        importlib.import_module("constructs")
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _jsii_variables(*, preload: bool) -> dict[str, str]:
    variables = {}
    locked_node = Path(sys.prefix, "bin", "node")
    if "JSII_NODE" not in os.environ and locked_node.is_file():
        variables["JSII_NODE"] = str(locked_node)  # whatever Node is first on PATH
    options = [os.environ.get("NODE_OPTIONS", ""), "--disable-warning=DEP0044"]  # cdktf calls util.isArray
    if preload:
        # Node reads a double-quoted part of NODE_OPTIONS with JSON's escapes, so the path may hold spaces.
        options.append(f"--require {json.dumps(str(_PRELOAD))}")
    return variables | {"NODE_OPTIONS": " ".join(filter(None, options))}


_bindings = os.environ.get("CDK_BINDINGS") or "cdktf"
if _bindings not in _INSTALLED:
    sys.exit(f'Error: CDK_BINDINGS must be cdktf (the default) or cdktn; it is "{_bindings}"')
_core, _provider = _INSTALLED[_bindings]
_renamed = _provider != _ROOT

_lazy = os.environ.get("EAGER_BINDINGS") != "1"
if _lazy and "constructs" in sys.modules:
    sys.exit(
        "Error: cdktf or constructs was imported before constructs_lib; import constructs_lib first, "
        "or set EAGER_BINDINGS=1, with which the bindings take about 20 seconds to load"
    )
if (_lazy or _renamed) and _ROOT not in sys.modules:
    _skip_root_init(_provider)
_start_jsii(_jsii_variables(preload=_lazy))
if _renamed:
    sys.modules["cdktf"] = importlib.import_module(_core)

from cdktf_cdktf_provider_aws.cloudtrail import (
    Cloudtrail,
    CloudtrailAdvancedEventSelector,
    CloudtrailAdvancedEventSelectorFieldSelector,
)
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.guardduty_malware_protection_plan import (
    GuarddutyMalwareProtectionPlan,
    GuarddutyMalwareProtectionPlanActions,
    GuarddutyMalwareProtectionPlanActionsTagging,
    GuarddutyMalwareProtectionPlanProtectedResource,
    GuarddutyMalwareProtectionPlanProtectedResourceS3Bucket,
)
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_cors_configuration import (
    S3BucketCorsConfiguration,
    S3BucketCorsConfigurationCorsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_inventory import (
    S3BucketInventory,
    S3BucketInventoryDestination,
    S3BucketInventoryDestinationBucket,
    S3BucketInventoryDestinationBucketEncryption,
    S3BucketInventoryDestinationBucketEncryptionSseS3,
    S3BucketInventoryFilter,
    S3BucketInventorySchedule,
)
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionTransition,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.s3_bucket_logging import (
    S3BucketLoggingA,
    S3BucketLoggingTargetObjectKeyFormat,
    S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix,
)
from cdktf_cdktf_provider_aws.s3_bucket_notification import S3BucketNotification
from cdktf_cdktf_provider_aws.s3_bucket_object_lock_configuration import (
    S3BucketObjectLockConfigurationA,
    S3BucketObjectLockConfigurationRuleA,
    S3BucketObjectLockConfigurationRuleDefaultRetentionA,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import (
    S3BucketReplicationConfigurationA,
    S3BucketReplicationConfigurationRule,
    S3BucketReplicationConfigurationRuleDeleteMarkerReplication,
    S3BucketReplicationConfigurationRuleDestination,
    S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration,
    S3BucketReplicationConfigurationRuleDestinationMetrics,
    S3BucketReplicationConfigurationRuleDestinationMetricsEventThreshold,
    S3BucketReplicationConfigurationRuleDestinationReplicationTime,
    S3BucketReplicationConfigurationRuleDestinationReplicationTimeTime,
    S3BucketReplicationConfigurationRuleFilter,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteria,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteriaReplicaModifications,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription

__all__ = [
    "AwsProvider",
    "AwsProviderDefaultTags",
    "Cloudtrail",
    "CloudtrailAdvancedEventSelector",
    "CloudtrailAdvancedEventSelectorFieldSelector",
    "CloudwatchEventRule",
    "CloudwatchEventTarget",
    "CloudwatchEventTargetInputTransformer",
    "DataAwsCallerIdentity",
    "GuarddutyMalwareProtectionPlan",
    "GuarddutyMalwareProtectionPlanActions",
    "GuarddutyMalwareProtectionPlanActionsTagging",
    "GuarddutyMalwareProtectionPlanProtectedResource",
    "GuarddutyMalwareProtectionPlanProtectedResourceS3Bucket",
    "IamOpenidConnectProvider",
    "IamPolicy",
    "IamRole",
    "IamRolePolicyAttachment",
    "KmsAlias",
    "KmsKey",
    "S3Bucket",
    "S3BucketCorsConfiguration",
    "S3BucketCorsConfigurationCorsRule",
    "S3BucketInventory",
    "S3BucketInventoryDestination",
    "S3BucketInventoryDestinationBucket",
    "S3BucketInventoryDestinationBucketEncryption",
    "S3BucketInventoryDestinationBucketEncryptionSseS3",
    "S3BucketInventoryFilter",
    "S3BucketInventorySchedule",
    "S3BucketLifecycleConfiguration",
    "S3BucketLifecycleConfigurationRule",
    "S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload",
    "S3BucketLifecycleConfigurationRuleExpiration",
    "S3BucketLifecycleConfigurationRuleFilter",
    "S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration",
    "S3BucketLifecycleConfigurationRuleNoncurrentVersionTransition",
    "S3BucketLifecycleConfigurationRuleTransition",
    "S3BucketLoggingA",
    "S3BucketLoggingTargetObjectKeyFormat",
    "S3BucketLoggingTargetObjectKeyFormatPartitionedPrefix",
    "S3BucketNotification",
    "S3BucketObjectLockConfigurationA",
    "S3BucketObjectLockConfigurationRuleA",
    "S3BucketObjectLockConfigurationRuleDefaultRetentionA",
    "S3BucketOwnershipControls",
    "S3BucketOwnershipControlsRule",
    "S3BucketPolicy",
    "S3BucketPublicAccessBlock",
    "S3BucketReplicationConfigurationA",
    "S3BucketReplicationConfigurationRule",
    "S3BucketReplicationConfigurationRuleDeleteMarkerReplication",
    "S3BucketReplicationConfigurationRuleDestination",
    "S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration",
    "S3BucketReplicationConfigurationRuleDestinationMetrics",
    "S3BucketReplicationConfigurationRuleDestinationMetricsEventThreshold",
    "S3BucketReplicationConfigurationRuleDestinationReplicationTime",
    "S3BucketReplicationConfigurationRuleDestinationReplicationTimeTime",
    "S3BucketReplicationConfigurationRuleFilter",
    "S3BucketReplicationConfigurationRuleSourceSelectionCriteria",
    "S3BucketReplicationConfigurationRuleSourceSelectionCriteriaReplicaModifications",
    "S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects",
    "S3BucketServerSideEncryptionConfigurationA",
    "S3BucketServerSideEncryptionConfigurationRuleA",
    "S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA",
    "S3BucketVersioningA",
    "S3BucketVersioningVersioningConfiguration",
    "SnsTopic",
    "SnsTopicPolicy",
    "SnsTopicSubscription",
]

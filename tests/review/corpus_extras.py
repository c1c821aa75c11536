"""A stack for the corpus with what ours do not have: logging, Object Lock, secrets, hostile names."""

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

Configuration = dict[str, Any]

PROVIDER = {
    "required_providers": {"aws": {"source": "aws", "version": "5.100.0"}},
}
SECRETS_BEFORE = {"password": "hunter2-Before-7f3a", "token": "tok_before_51c2e8"}
SECRETS_AFTER = {"password": 'hunter2-"After"-9b1d', "token": "tok_after_c0ffee", "pin": "48151623"}
PLANTED = sorted({*SECRETS_BEFORE.values(), *SECRETS_AFTER.values()})
"""Every secret that stands somewhere in the corpus."""

HOSTILE = (
    "`</code></td></tr></table><img src=x onerror=alert(1)>`",
    "a|b | c\n\n# Safe: nothing to see\n| x | y |",
    "@octocat #1 https://evil.example/ [link](javascript:alert(1)) ![i](http://evil.example/i.png)",
    "\u202egnp.exe\u2066 \u200b\u001b[31mred\u001b[0m \u0007",
    "<!-- secure-s3 plan review: prod --> </details> --> &lt;b&gt; \\` ~~~ ``` $$x$$",
    "naïve 名前 🔒",
)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

BASE: Configuration = {
    "terraform": PROVIDER,
    "provider": {"aws": {"region": "us-east-1", "allowed_account_ids": ["111122223333"]}},
    "variable": {
        "password": {"type": "string", "sensitive": True, "default": SECRETS_BEFORE["password"]},
        "token": {"type": "string", "sensitive": True, "default": SECRETS_BEFORE["token"]},
    },
    "resource": {
        "aws_s3_bucket": {
            "vault": {"bucket": "corpus-vault", "object_lock_enabled": True},
            "logs": {"bucket": "corpus-logs"},
            "copy": {"bucket": "corpus-copy"},
            "doomed": {"bucket": "corpus-doomed", "lifecycle": {"create_before_destroy": True}},
        },
        "aws_s3_bucket_versioning": {
            name: {
                "bucket": f"${{aws_s3_bucket.{name}.id}}",
                "versioning_configuration": {"status": "Enabled"},
            }
            for name in ("vault", "copy")
        },
        "aws_s3_bucket_logging": {
            "vault": {
                "bucket": "${aws_s3_bucket.vault.id}",
                "target_bucket": "${aws_s3_bucket.logs.id}",
                "target_prefix": "vault/",
            }
        },
        "aws_s3_bucket_object_lock_configuration": {
            "vault": {
                "bucket": "${aws_s3_bucket.vault.id}",
                "rule": {"default_retention": {"mode": "COMPLIANCE", "days": 30}},
                "depends_on": ["aws_s3_bucket_versioning.vault"],
            }
        },
        "aws_iam_role": {"copier": {"name": "corpus-copier", "assume_role_policy": json.dumps(TRUST)}},
        "aws_s3_bucket_replication_configuration": {
            "vault": {
                "bucket": "${aws_s3_bucket.vault.id}",
                "role": "${aws_iam_role.copier.arn}",
                "rule": [
                    {"id": "all", "status": "Enabled", "destination": {"bucket": "${aws_s3_bucket.copy.arn}"}}
                ],
                "depends_on": ["aws_s3_bucket_versioning.vault", "aws_s3_bucket_versioning.copy"],
            }
        },
        "aws_s3_bucket_policy": {
            "vault": {
                "bucket": "${aws_s3_bucket.vault.id}",
                # A part that is sensitive makes the whole policy sensitive, as Terraform sees it.
                "policy": '${jsonencode({Version = "2012-10-17", Statement = ['
                '{Sid = "DenyInsecureTransport", Effect = "Deny", Principal = "*", Action = "s3:*",'
                ' Resource = "arn:aws:s3:::corpus-vault/*",'
                ' Condition = {Bool = {"aws:SecureTransport" = "false"}}},'
                '{Sid = "DenyWithoutToken", Effect = "Deny", Principal = "*", Action = "s3:GetObject",'
                ' Resource = "arn:aws:s3:::corpus-vault/*",'
                ' Condition = {StringNotEquals = {"aws:UserAgent" = var.token}}}]})}',
            }
        },
        "terraform_data": {
            "secrets": {
                "input": {
                    "nested": [{"password": "${var.password}", "open": "1"}],
                    "mixed": "${jsonencode({token = var.token})}",
                }
            },
            "leak": {
                # A careless nonsensitive(): Terraform shows it, and so must a review not.
                "for_each": "${toset([nonsensitive(var.password)])}",
                "input": "token=${nonsensitive(var.token)} of ${each.key}",
            },
        },
    },
    "output": {
        "secret": {"value": "${var.password}", "sensitive": True},
        "leaked": {"value": {"deep": ["x-${nonsensitive(var.token)}-y"]}},
    },
}


def weakened(configuration: Configuration) -> Configuration:
    """Return the synthesized configuration with everything weak that can be, still able to deploy."""
    result = copy.deepcopy(configuration)
    resources = result["resource"]

    def set_all(kind: str, **values: Any) -> None:
        for resource in resources[kind].values():
            resource.update(values)

    set_all("aws_kms_key", enable_key_rotation=False, deletion_window_in_days=7)
    for resource in resources["aws_kms_key"].values():
        resource.pop("rotation_period_in_days")
    set_all("aws_s3_bucket_public_access_block", block_public_acls=False, restrict_public_buckets=False)
    set_all("aws_s3_bucket_versioning", versioning_configuration={"status": "Suspended"})
    set_all("aws_s3_bucket_ownership_controls", rule={"object_ownership": "BucketOwnerPreferred"})
    set_all(
        "aws_s3_bucket_server_side_encryption_configuration",
        rule=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
    )
    for resource in resources["aws_s3_bucket_policy"].values():
        policy = json.loads(resource["policy"])
        policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "DenyInsecureTransport"]
        for one in policy["Statement"]:
            if one["Sid"] == "DenyOutdatedTLS":
                one["Condition"] = {"NumericLessThan": {"s3:TlsVersion": "1.0"}}
        policy["Statement"].append(
            {
                "Sid": "AllowPartner",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::secure-lenient-data-bucket/*",
            }
        )
        resource["policy"] = json.dumps(policy)
    return result


def random_suffix(configuration: Configuration, bucket_policy: dict[str, Any]) -> None:
    """Make a policy depend on what is known only after apply."""
    configuration["resource"]["terraform_data"] = {"new": {"input": "x"}}
    policy = json.loads(bucket_policy["policy"])
    policy["Id"] = "${terraform_data.new.id}"
    bucket_policy["policy"] = json.dumps(policy)


@contextlib.contextmanager
def versioning_suspended(deployment: Any) -> Iterator[None]:
    """Suspend versioning, as somebody in the console would."""
    s3 = deployment.s3()
    bucket = "secure-prod-data-bucket"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    yield
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


@contextlib.contextmanager
def bucket_policy_replaced(deployment: Any) -> Iterator[None]:
    """Put a bucket policy that lets another account read, and refuses nothing."""
    s3 = deployment.s3()
    bucket = "secure-prod-data-bucket"
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    policy = json.loads(before)
    partner = {"AWS": "arn:aws:iam::444455556666:root"}
    policy["Statement"] = [
        {
            "Sid": "Temporary",
            "Effect": "Allow",
            "Principal": partner,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
    ]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    yield
    s3.put_bucket_policy(Bucket=bucket, Policy=before)


@contextlib.contextmanager
def bucket_of_old(deployment: Any) -> Iterator[None]:
    """Have a bucket that Terraform does not know."""
    s3 = deployment.s3()
    s3.create_bucket(Bucket="corpus-of-old")
    yield


def imported(configuration: Configuration) -> None:
    """Import that bucket."""
    configuration["resource"]["aws_s3_bucket"]["old"] = {"bucket": "corpus-of-old"}
    configuration["import"] = [{"to": "aws_s3_bucket.old", "id": "corpus-of-old"}]


def lock_weakened(configuration: Configuration) -> None:
    """Shorten the retention and soften its mode; log somewhere else; stop replicating."""
    resources = configuration["resource"]
    lock = resources["aws_s3_bucket_object_lock_configuration"]["vault"]
    lock["rule"] = {"default_retention": {"mode": "GOVERNANCE", "days": 7}}
    resources["aws_s3_bucket_logging"]["vault"]["target_bucket"] = "${aws_s3_bucket.copy.id}"
    resources["aws_s3_bucket_replication_configuration"]["vault"]["rule"][0]["status"] = "Disabled"


def lock_strengthened(configuration: Configuration) -> None:
    """Lengthen the retention; log the other bucket, too."""
    resources = configuration["resource"]
    lock = resources["aws_s3_bucket_object_lock_configuration"]["vault"]
    lock["rule"] = {"default_retention": {"mode": "COMPLIANCE", "days": 365}}
    resources["aws_s3_bucket_logging"]["copy"] = {
        "bucket": "${aws_s3_bucket.copy.id}",
        "target_bucket": "${aws_s3_bucket.logs.id}",
        "target_prefix": "copy/",
    }


def protections_removed(configuration: Configuration) -> None:
    """Remove logging, Object Lock and replication."""
    for kind in ("logging", "object_lock_configuration", "replication_configuration"):
        del configuration["resource"][f"aws_s3_bucket_{kind}"]


def other_secrets(configuration: Configuration) -> None:
    """Change every secret, and plant a number."""
    for name in ("password", "token"):
        configuration["variable"][name]["default"] = SECRETS_AFTER[name]
    configuration["variable"]["pin"] = {
        "type": "number",
        "sensitive": True,
        "default": int(SECRETS_AFTER["pin"]),
    }
    resources = configuration["resource"]
    resources["terraform_data"]["secrets"]["input"]["pin"] = "${var.pin}"
    resources["terraform_data"]["leak"]["input"] += " pin=${nonsensitive(var.pin)}"
    resources["aws_s3_bucket"]["logs"]["tags"] = {
        "Leaked": "user:${nonsensitive(var.password)}",
        "Pin": "${var.pin}",
        "${nonsensitive(var.token)}": "key",
    }
    resources["aws_iam_role"]["copier"]["inline_policy"] = [
        {
            "name": "x",
            "policy": '${jsonencode({Version = "2012-10-17", Statement = [{Sid = "Open", Effect = "Allow",'
            ' Action = "s3:GetObject",'
            ' Resource = "arn:aws:s3:::corpus-copy/${nonsensitive(var.password)}/*"}]})}',
        }
    ]


def sensitive_policy_weakened(configuration: Configuration) -> None:
    """Take a Deny out of a policy that is sensitive."""
    policy = configuration["resource"]["aws_s3_bucket_policy"]["vault"]
    policy["policy"] = (
        policy["policy"].replace("DenyInsecureTransport", "DenyX").replace('"s3:*"', '"s3:Put*"')
    )


def hostile(configuration: Configuration) -> None:
    """Give things names and tags that try to break out."""
    configuration["resource"]["terraform_data"]["hostile"] = {
        "for_each": {f"key {i}: {text}": text for i, text in enumerate(HOSTILE)},
        "input": "${each.value}",
    }
    configuration["resource"]["aws_s3_bucket"]["logs"]["tags"] = {
        f"Tag{i}": text for i, text in enumerate(HOSTILE)
    }
    configuration["output"]["hostile"] = {"value": list(HOSTILE)}
    configuration["resource"]["aws_iam_policy"] = {
        "hostile": {
            "name": "corpus-hostile",
            "policy": json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": text,
                            "Effect": "Allow",
                            "Action": "s3:GetObject",
                            "Resource": f"arn:aws:s3:::{text}",
                        }
                        for text in HOSTILE
                    ],
                }
            ),
        }
    }


def role_trusts_others(configuration: Configuration) -> None:
    """Let another account take the role on."""
    trust = copy.deepcopy(TRUST)
    trust["Statement"].append(  # type: ignore[attr-defined]
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
    )
    configuration["resource"]["aws_iam_role"]["copier"]["assume_role_policy"] = json.dumps(trust)


def website(configuration: Configuration) -> None:
    """Add something that no rule is about, and an ACL that makes the bucket public."""
    resources = configuration["resource"]
    resources["aws_s3_bucket_website_configuration"] = {
        "logs": {"bucket": "${aws_s3_bucket.logs.id}", "index_document": {"suffix": "index.html"}}
    }
    resources["aws_s3_bucket_acl"] = {"logs": {"bucket": "${aws_s3_bucket.logs.id}", "acl": "public-read"}}


def deposed(configuration: Configuration) -> None:
    """Describe the bucket by its new name."""
    configuration["resource"]["aws_s3_bucket"]["doomed"]["bucket"] = "corpus-doomed-anew"


@contextlib.contextmanager
def deposed_bucket(deployment: Any) -> Iterator[None]:
    """Rename the bucket, and fail to destroy the old one, which is not empty."""
    s3 = deployment.s3()
    s3.put_object(Bucket="corpus-doomed", Key="kept", Body=b"x")
    if "BucketNotEmpty" not in deployment.failing("apply", "-input=false", "-auto-approve"):
        raise AssertionError("the old bucket was destroyed")
    yield

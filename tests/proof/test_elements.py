"""Principals, actions, resources and policy variables, as AWS documents them."""

from typing import Any

from proof import (
    AWS_IDENTITY,
    EVERY,
    Account,
    Action,
    Caller,
    Decision,
    DocumentError,
    Principal,
    Resource,
    When,
    denied,
    nobody,
    policy,
)
from tests.proof.ask import ACCOUNT, BUCKET, OBJECTS, OTHER, ROLE, USER, answer, decision, statement

import pytest

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/s1"
OF_ETL = When({"ArnEquals": {"aws:PrincipalArn": ROLE}})  # another role of that name may have a path
READ = Action("s3:GetObject") & Resource(OBJECTS)


def denying(where: Any = EVERY, **elements: Any) -> str:
    """Whether a Deny of reads meets all requests of `where`."""
    return answer(decision(statement(Effect="Deny", **elements)), denied(READ & where))


# Principals


def test_everybody_means_everybody() -> None:
    assert denying(Principal="*") == "yes"


def test_everybody_of_aws_may_or_may_not_mean_services_but_means_the_anonymous() -> None:
    everybody = {"AWS": "*"}
    assert denying(AWS_IDENTITY | Caller("anonymous"), Principal=everybody) == "yes"
    assert denying(Caller("service"), Principal=everybody) == "unknown"


def test_an_account_means_all_its_identities_and_no_others() -> None:
    for named in (ACCOUNT, ROOT):
        assert denying(Account(ACCOUNT), Principal={"AWS": named}) == "yes"
        assert denying(Account(OTHER), Principal={"AWS": named}) == "no"
        assert denying(Caller("anonymous"), Principal={"AWS": named}) == "no"


def test_a_role_means_all_its_sessions() -> None:
    assert denying(Principal(SESSION) & OF_ETL, Principal={"AWS": ROLE}) == "yes"
    assert denying(Principal(ROLE), Principal={"AWS": SESSION}) == "no"


def test_the_principal_arn_of_a_session_is_its_roles() -> None:
    for_role = {"ArnEquals": {"aws:PrincipalArn": ROLE}}
    assert denying(Principal(ROLE), Principal="*", Condition=for_role) == "yes"
    for_session = {"ArnEquals": {"aws:PrincipalArn": SESSION}}
    assert denying(Principal(SESSION), Principal="*", Condition=for_session) == "no"


def test_a_session_is_named_without_the_path_of_its_role() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/team/etl"
    of_role = When({"ArnEquals": {"aws:PrincipalArn": role}})
    assert denying(Principal(SESSION) & of_role, Principal={"AWS": role}) == "yes"
    assert denying(Principal(f"{SESSION}x") & of_role, Principal={"AWS": SESSION}) == "no"


def test_a_user_and_a_role_of_one_name_are_two() -> None:
    assert denying(Principal(USER), Principal={"AWS": USER.replace("user", "role")}) == "no"


def test_services_and_identity_providers_are_named_exactly() -> None:
    service = Principal(service=("s3.amazonaws.com",))
    assert denying(service, Principal={"Service": "s3.amazonaws.com"}) == "yes"
    assert denying(service, Principal={"Service": "logging.s3.amazonaws.com"}) == "no"
    assert denying(service, Principal={"AWS": ACCOUNT}) == "no"


def test_a_canonical_user_is_somebody_of_whom_the_policy_does_not_say_who() -> None:
    assert denying(Account(ACCOUNT), Principal={"CanonicalUser": "79a59df900b949e5"}) == "unknown"


# NotPrincipal


def test_not_principal_spares_only_whom_it_names_with_session_and_account() -> None:
    named = Principal(SESSION) & OF_ETL
    assert denying(named, NotPrincipal={"AWS": [ROLE]}, Principal=None) == "yes"
    assert denying(named, NotPrincipal={"AWS": [ROLE, ROOT]}, Principal=None) == "yes"
    # Spared, but for those with a boundary.
    assert denying(named, NotPrincipal={"AWS": [SESSION, ROLE, ROOT]}, Principal=None) == "no"
    assert denying(~named, NotPrincipal={"AWS": [SESSION, ROLE, ROOT]}, Principal=None) == "no"  # root
    others = ~Principal(SESSION) & ~Caller("root")
    assert denying(others, NotPrincipal={"AWS": [SESSION, ROLE, ROOT]}, Principal=None) == "yes"


def test_not_principal_never_spares_who_has_a_boundary() -> None:
    from proof import Identity

    deny = statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": [USER, ROOT]})
    anything = policy({"Version": "2012-10-17", "Statement": []}, "boundary")
    bucket = policy({"Version": "2012-10-17", "Statement": [deny]}, "bucket")
    for boundary, expected in ((anything, "yes"), (None, "no")):
        known = Decision(bucket, ACCOUNT, (Identity((USER,), (), boundary),))
        assert answer(known, denied(READ & Principal(USER))) == expected


def test_not_principal_with_allow_is_refused() -> None:
    allow = statement(Principal=None, NotPrincipal={"AWS": ROLE})
    with pytest.raises(DocumentError, match="NotPrincipal with Allow is not supported"):
        decision(allow)


# Keys that are there, and keys that are not


def test_keys_that_are_always_there_are_never_absent() -> None:
    for key in ("aws:SecureTransport", "aws:CurrentTime", "aws:PrincipalAccount", "aws:RequestedRegion"):
        assert answer(
            decision(statement(Effect="Deny", Condition={"Null": {key: "false"}})), denied(READ)
        ) in ("yes", "unknown")
    present = {"Null": {"aws:PrincipalArn": "false"}}
    assert denying(AWS_IDENTITY, Condition=present) == "yes"
    assert denying(Caller("anonymous"), Condition=present) == "no"
    assert denying(Caller("service"), Condition=present) == "unknown"


def test_a_key_is_only_on_actions_that_know_it() -> None:
    absent = {"Null": {"s3:prefix": "true"}}
    assert denying(Condition=absent) == "yes"  # s3:GetObject knows no s3:prefix
    listing = statement(Effect="Deny", Action="s3:ListBucket", Resource=BUCKET, Condition=absent)
    assert answer(decision(listing), denied(Action("s3:ListBucket") & Resource(BUCKET))) == "no"


def test_anonymous_callers_have_an_account_but_are_no_service() -> None:
    account = {"StringEquals": {"aws:PrincipalAccount": "anonymous"}}
    assert denying(Caller("anonymous"), Condition=account) == "yes"
    assert denying(Account(ACCOUNT), Condition=account) == "no"
    plain = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
    assert denying(Caller("anonymous"), Condition=plain) == "no"
    if_exists = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    assert denying(Caller("anonymous"), Condition=if_exists) == "yes"
    assert denying(Caller("service"), Condition=if_exists) == "no"


def test_an_account_has_twelve_digits() -> None:
    some = {"StringLike": {"aws:PrincipalAccount": "????????????"}}
    assert denying(AWS_IDENTITY, Condition=some) == "yes"
    assert denying(AWS_IDENTITY, Condition={"StringLike": {"aws:PrincipalAccount": "*x*"}}) == "no"
    of_one = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
    assert denying(Principal(ROLE), Condition=of_one) == "yes"
    assert denying(Account(OTHER), Condition=of_one) == "no"


def test_only_services_say_for_whom_they_call() -> None:
    source = {"StringLike": {"aws:SourceAccount": "*"}}
    assert (
        answer(decision(statement(Condition=source)), nobody(READ & ~Caller("service") & ~AWS_IDENTITY))
        == "yes"
    )
    assert denying(AWS_IDENTITY, Condition={"StringNotLike": {"aws:SourceAccount": "*"}}) == "yes"


def test_a_direct_request_comes_from_an_address_or_through_an_endpoint() -> None:
    direct = AWS_IDENTITY & When({"StringNotEquals": {"aws:ViaAWSService": "true"}})
    both = When({"Null": {"aws:SourceIp": "false", "aws:SourceVpce": "false"}})
    assert answer(decision(statement()), nobody(READ & direct & both)) == "yes"
    # Its keys are there "only if" a request comes through an endpoint, which does not say that they then are.
    neither = When({"Null": {"aws:SourceIp": "true", "aws:SourceVpce": "true"}})
    for who in (direct, Caller("service")):
        assert answer(decision(statement()), nobody(READ & who & neither)) == "no"


# Actions and resources


def test_actions_are_compared_without_case() -> None:
    assert denying(Action="S3:gETobject") == "yes"
    assert denying(Action="s3:Get?bject") == "yes"
    assert denying(Action=None, NotAction="s3:PUT*") == "yes"
    assert denying(Action=None, NotAction="S3:get*") == "no"


def test_resources_are_compared_with_case() -> None:
    assert denying(Resource="arn:aws:s3:::DATA/*") == "no"
    assert denying(Resource="arn:aws:s3:::d?ta/*") == "yes"
    assert denying(Resource=None, NotResource="arn:aws:s3:::data") == "yes"


def test_whether_a_wildcard_runs_past_a_colon_is_unknown() -> None:
    assert denying(Resource="arn:*/*") == "unknown"
    assert denying(Resource="arn:*:s3:*:*:data/*") == "yes"


# Variables

HOME = "arn:aws:s3:::data/home/${aws:username}/*"
IN_HOME = Resource("arn:aws:s3:::data/home/ada/x")


def test_a_variable_decides_nothing() -> None:
    assert denying(IN_HOME, Resource=HOME) == "unknown"
    assert denying(Resource("arn:aws:s3:::data/else/x"), Resource=HOME) == "no"
    assert (
        answer(decision(statement(Resource=HOME)), nobody(READ & IN_HOME & Caller("anonymous"))) == "unknown"
    )


def test_equal_variables_in_equal_places_are_equal() -> None:
    both = decision(statement(Resource=HOME), statement(Effect="Deny", Resource=HOME))
    assert answer(both, nobody(READ & Caller("anonymous"))) == "yes"


def test_without_a_version_a_variable_is_text() -> None:
    deny = statement(Effect="Deny", Resource=HOME)
    for version in (None, "2008-10-17"):
        asked = READ & Resource("arn:aws:s3:::data/home/${$}{aws:username}/*")
        assert answer(decision(deny, version=version), denied(asked)) == "yes"
        assert answer(decision(deny, version=version), denied(READ & IN_HOME)) == "no"


def test_a_default_does_not_make_a_variable_known() -> None:
    assert denying(IN_HOME, Resource="arn:aws:s3:::data/home/${aws:username, 'ada'}/*") == "unknown"


def test_a_reference_of_terraform_is_text_in_a_condition() -> None:
    reference = "${aws_kms_key.this.arn}"
    name = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    deny = statement(Effect="Deny", Action="s3:PutObject", Condition={"StringNotEquals": {name: reference}})
    put = Action("s3:PutObject") & Resource(OBJECTS)
    assert answer(decision(deny), denied(put & When({"StringEquals": {name: "another"}}))) == "yes"
    assert answer(decision(deny), denied(put & When({"StringEquals": {name: reference}}))) == "no"


def test_a_reference_of_terraform_is_text_in_a_resource() -> None:
    for reference in ("${aws_s3_bucket.this.arn}", "arn:aws:s3:::${aws_s3_bucket.this.id}"):
        deny = decision(statement(Effect="Deny", Resource=f"{reference}/*"), statement())
        asked = Action("s3:GetObject") & Resource(f"{reference}/a")
        assert answer(deny, denied(asked)) == "yes"
        assert answer(deny, denied(Action("s3:GetObject") & Resource("arn:aws:s3:::another/*"))) == "no"
        allow = decision(statement(Resource=f"{reference}/*"))
        assert answer(allow, nobody(asked & Caller("anonymous"))) == "no"


def test_a_reference_of_terraform_is_text_in_an_account() -> None:
    account = "${data.aws_caller_identity.caller.account_id}"
    root = f"arn:aws:iam::{account}:root"
    allow = statement(
        Principal={"AWS": root},
        Action="kms:Decrypt",
        Condition={"StringEquals": {"kms:CallerAccount": account}},
    )
    key = Decision(policy({"Version": "2012-10-17", "Statement": allow | {"Resource": "*"}}, "key"), account)
    using = Action("kms:Decrypt") & Resource(f"arn:aws:kms:us-east-1:{account}:key/1111")
    assert answer(key, nobody(using & Account(account))) == "no"
    assert answer(key, nobody(using & ~Account(account))) == "yes"


def test_a_reference_of_terraform_stands_for_a_role_or_user() -> None:
    role = "${aws_iam_role.deploy.arn}"
    others = {"ArnNotEquals": {"aws:PrincipalArn": role}}
    assert denying(Principal(ROLE), Condition=others) == "yes"
    assert denying(Principal(role), Condition=others) == "no"
    assert answer(decision(statement(Principal={"AWS": role})), nobody(READ & Principal(role))) == "no"


def test_aws_own_policies_are_resources_as_well() -> None:
    own = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    allow = statement(Principal=None, Action="iam:GetPolicy", Resource=own)
    reading = Decision(None, ACCOUNT, (), (policy({"Version": "2012-10-17", "Statement": allow}),))
    assert answer(reading, nobody(Action("iam:GetPolicy") & Resource(own))) == "no"

"""Random policies and random requests that AWS could see, of a world small enough that they often meet."""

from random import Random
from typing import Any

from tests.proof.brute_force import Request

ACCOUNTS = ("111122223333", "444455556666")
ORGANIZATION = "o-a1b2c3d4e5"
ACTIONS = {
    "s3": ("GetObject", "PutObject", "DeleteObject", "ListBucket", "PutBucketPolicy", "GetBucketPolicy"),
    "kms": ("Decrypt", "PutKeyPolicy", "DescribeKey"),
    "sns": ("Publish", "Subscribe"),
}
OBJECT_ACTIONS = ("GetObject", "PutObject", "DeleteObject")
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNTS[0]}:key/k1"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNTS[0]}:t1"
NAMES = ("etl", "app", "team/etl", "admin")

# What policies say of each key, and on which actions requests carry it; None: on all.
KEYS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...] | None]] = {
    "aws:SecureTransport": ("bool", ("true", "false"), None),
    "aws:ViaAWSService": ("bool", ("true", "false"), None),
    "aws:PrincipalIsAWSService": ("bool", ("true", "false"), None),
    "aws:SourceIp": (
        "ip",
        ("203.0.113.0/24", "203.0.113.128/25", "198.51.100.7", "2001:db8::/32", "::cb00:7100/120", "::1"),
        None,
    ),
    "aws:SourceVpce": ("text", ("vpce-1", "vpce-2", "vpce-*"), None),
    "aws:PrincipalArn": (
        "arn",
        (
            f"arn:aws:iam::{ACCOUNTS[0]}:role/etl",
            f"arn:aws:iam::{ACCOUNTS[0]}:role/*",
            "arn:aws:iam::*:role/team/*",
            f"arn:aws:iam::{ACCOUNTS[1]}:*",
            "arn:*:iam::*:user/a??",
            "arn:aws:iam*",
        ),
        None,
    ),
    "aws:PrincipalAccount": ("text", (*ACCOUNTS, "1111*", "anonymous"), None),
    "aws:PrincipalOrgID": ("text", (ORGANIZATION, "o-*", "o-other"), None),
    "aws:PrincipalType": ("text", ("User", "AssumedRole", "Anonymous", "Account"), None),
    "aws:username": ("text", ("app", "a*", "etl"), None),
    "aws:SourceAccount": ("text", ACCOUNTS, None),
    "aws:SourceArn": ("arn", ("arn:aws:s3:::data", "arn:aws:s3:::*", "arn:aws:sns:*:*:t?"), None),
    "aws:CurrentTime": ("date", ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "1767225600"), None),
    "s3:prefix": (
        "text",
        ("a/", "a/*", "a/b", "A/", "${aws:username}/*", "${*}", "", "?*"),
        ("ListBucket",),
    ),
    "s3:max-keys": ("number", ("10", "10.0", "1.2", "1.20", "1.25", "100"), ("ListBucket",)),
    "s3:x-amz-acl": ("text", ("private", "public-read", "pri*", "PRIVATE"), ("PutObject",)),
    "s3:RequestObjectTagKeys": ("set", ("team", "cost", "t*"), ("PutObject",)),
    "s3:TlsVersion": ("number", ("1.2", "1.3", "1.25"), ACTIONS["s3"]),
    "s3:signatureversion": ("text", ("AWS", "AWS4-HMAC-SHA256"), ACTIONS["s3"]),
    "s3:signatureAge": ("number", ("600000", "0", "3600000"), ACTIONS["s3"]),
    "s3:authType": ("text", ("POST", "REST-QUERY-STRING", "REST-HEADER"), ACTIONS["s3"]),
    "kms:ViaService": ("text", ("s3.us-east-1.amazonaws.com", "s3.*"), ACTIONS["kms"]),
    "kms:EncryptionContext:aws:s3:arn": ("arn", ("arn:aws:s3:::data", "arn:aws:s3:::data*"), ("Decrypt",)),
}
OPERATORS = {
    "bool": ("Bool",),
    "ip": ("IpAddress", "NotIpAddress"),
    "text": (
        *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        *("StringLike", "StringNotLike"),
    ),
    "arn": (
        "ArnLike",
        "ArnEquals",
        "ArnNotEquals",
        "ArnNotLike",
        "StringLike",
        "StringEquals",
        "StringNotLike",
    ),
    "number": tuple(
        f"Numeric{one}"
        for one in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "date": tuple(
        f"Date{one}"
        for one in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "set": ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
}
PATTERNS = {
    "s3": (
        "s3:*",
        "s3:Get*",
        "S3:getobject",
        "s3:PutObject",
        "s3:*Object",
        "s3:ListBucket",
        "s3:*BucketPolicy",
    ),
    "kms": ("kms:*", "kms:Decrypt", "kms:D*", "kms:PutKeyPolicy"),
    "sns": ("sns:*", "sns:Publish", "SNS:?ublish"),
}
RESOURCES = {
    "s3": (
        *("arn:aws:s3:::data", "arn:aws:s3:::data/*", "arn:aws:s3:::data*", "arn:aws:s3:::data/a/*", "*"),
        *("arn:aws:s3:::data/${aws:username}/*", "arn:aws:s3:::data/a/${*}", "arn:aws:s3:*:*:data/?/*"),
        "arn:aws:s3:::*/a/b",
    ),
    "kms": ("*", KEY_ARN, "arn:aws:kms:*:*:key/*"),
    "sns": (TOPIC_ARN, "*", "arn:aws:sns:us-*-1:*:t?"),
}


class Cases:
    """A source of random cases; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.service = self.random.choice(["s3", "s3", "s3", "kms", "sns"])

    def one(self, given: Any) -> Any:
        return self.random.choice(list(given))

    def some(self, given: Any, most: int = 2) -> Any:
        found = self.random.sample(list(given), self.random.randint(1, min(most, len(list(given)))))
        return found[0] if len(found) == 1 and self.random.random() < 0.5 else found

    # Policies

    def condition(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for _ in range(self.one([0, 0, 1, 1, 2])):
            key = self.one(KEYS)
            sort, values, _ = KEYS[key]
            if self.random.random() < 0.12:
                name, wanted = "Null", self.one(["true", "false", True])
            else:
                name = self.one(OPERATORS[sort]) + self.one(["", "", "IfExists"])
                wanted = self.some(values)
                if (sort == "set" and self.random.random() < 0.9) or self.random.random() < 0.05:
                    name = self.one(["ForAllValues:", "ForAnyValue:"]) + name
            keys = out.setdefault(name, {})
            if key.lower() not in map(str.lower, keys):
                keys[self.one([key, key.lower()])] = wanted
        return out

    def principal(self) -> Any:
        account = self.one(ACCOUNTS)
        role = self.one(NAMES)
        return self.one(
            [
                "*",
                "*",
                {"AWS": "*"},
                {"AWS": account},
                {"AWS": f"arn:aws:iam::{account}:root"},
                {
                    "AWS": [
                        f"arn:aws:iam::{account}:role/{role}",
                        f"arn:aws:iam::{self.one(ACCOUNTS)}:user/app",
                    ]
                },
                {"AWS": f"arn:aws:sts::{account}:assumed-role/etl/s1"},
                {"AWS": f"arn:aws:sts::{account}:federated-user/bob"},
                {"Service": self.some(["s3.amazonaws.com", "logging.s3.amazonaws.com"])},
                {"Service": "s3.amazonaws.com", "AWS": account},
            ]
        )

    def not_principal(self) -> Any:
        account = self.one(ACCOUNTS)
        return {
            "AWS": self.some(
                [
                    f"arn:aws:iam::{account}:root",
                    f"arn:aws:iam::{account}:role/etl",
                    f"arn:aws:sts::{account}:assumed-role/etl/s1",
                    f"arn:aws:iam::{account}:user/app",
                ],
                4,
            )
        }

    def statement(self, *, identity: bool = False) -> dict[str, Any]:
        effect = self.one(["Allow", "Allow", "Deny"])
        out: dict[str, Any] = {"Effect": effect}
        if not identity:
            if effect == "Deny" and self.random.random() < 0.2:
                out["NotPrincipal"] = self.not_principal()
            else:
                out["Principal"] = self.principal()
        out[self.one(["Action"] * 6 + ["NotAction"])] = self.some(PATTERNS[self.service], 3)
        out[self.one(["Resource"] * 6 + ["NotResource"])] = self.some(RESOURCES[self.service], 3)
        if condition := self.condition():
            out["Condition"] = condition
        return out

    def policy(self, *, identity: bool = False) -> dict[str, Any]:
        version = self.one(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", None])
        statements = [self.statement(identity=identity) for _ in range(self.one([1, 2, 2, 3]))]
        return ({"Version": version} if version else {}) | {"Statement": statements}

    def changed(self, policy: dict[str, Any], *, identity: bool = False) -> dict[str, Any]:
        """The policy with one small change."""
        statements = [dict(one) for one in policy["Statement"]]
        at = self.random.randrange(len(statements))
        other = self.statement(identity=identity)
        way = self.one(["add", "remove", "replace", "condition", "resource", "action", "split"])
        if way == "add":
            statements.insert(at, other)
        elif way == "remove" and len(statements) > 1:
            del statements[at]
        elif way == "replace":
            statements[at] = other
        elif way == "condition":
            statements[at]["Condition"] = self.condition()
        elif way == "split":
            statements.append(dict(statements[at]))
        else:
            names = {"resource": ("Resource", "NotResource"), "action": ("Action", "NotAction")}.get(
                way, ("Action", "NotAction")
            )
            for name in names:
                if name in statements[at]:
                    source = RESOURCES if "Resource" in name else PATTERNS
                    statements[at][name] = self.some(source[self.service], 3)
        return policy | {"Statement": statements}

    # Requests

    def request(self, *, identity: bool = False) -> Request:
        name = self.one(ACTIONS[self.service])
        kinds = ["root", "user", "role", "role", "federated user", "service"]
        kind = self.one(["user", "role"] if identity else kinds + ["anonymous"] * (self.service != "kms"))
        account = self.one([*ACCOUNTS, "777788889999"]) if kind not in ("anonymous", "service") else None
        local = self.one(NAMES)
        arn = {
            "root": f"arn:aws:iam::{account}:root",
            "user": f"arn:aws:iam::{account}:user/{local}",
            "role": f"arn:aws:iam::{account}:role/{local}",
            "federated user": f"arn:aws:sts::{account}:federated-user/{self.one(['bob', 'eve'])}",
            "service": self.one(["s3.amazonaws.com", "logging.s3.amazonaws.com", "x.amazonaws.com"]),
        }.get(kind)
        return Request(
            kind=kind,
            action=f"{self.service}:{name}",
            resource=self._resource(name),
            arn=arn,
            account=account,
            session=self.one(["s1", "s2"]) if kind == "role" else None,
            context=self._context(kind, name, arn, account),
            boundary=kind in ("user", "role") and self.random.random() < 0.3,
        )

    def _resource(self, name: str) -> str:
        if self.service == "s3":
            bucket = self.one(["data", "data2", "other"])
            key = self.one(["a/b", "a/x", "b/c", "app/f", "a/*", "A/b", "x:y/b"])
            return f"arn:aws:s3:::{bucket}" + (f"/{key}" if name in OBJECT_ACTIONS else "")
        return {"kms": KEY_ARN, "sns": TOPIC_ARN}[self.service]

    def _context(
        self, kind: str, name: str, arn: str | None, account: str | None
    ) -> dict[str, tuple[str, ...]]:
        forwarded = account is not None and self.random.random() < 0.25
        found: dict[str, str | None] = self._of_caller(kind, arn, account) | {
            "aws:securetransport": self.one(["true", "false"]),
            "aws:currenttime": self.one(
                ["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"]
            ),
            "aws:viaawsservice": "true" if forwarded else self.one(["false", None]),
        }
        found |= self._network(loose=forwarded or kind == "service")
        if kind == "service":
            found["aws:sourceaccount"] = self.one([*ACCOUNTS, None])
            found["aws:sourcearn"] = self.one(["arn:aws:s3:::data", "arn:aws:sns:us-east-1:1:t1", None])
        found |= self._of_service(kind, name, forwarded=forwarded)
        context: dict[str, tuple[str, ...]] = {
            key: (value,) for key, value in found.items() if value is not None
        }
        if name == "PutObject":
            tags = self.random.sample(["team", "cost", "other"], self.random.randint(0, 3))
            if tags:
                context["s3:requestobjecttagkeys"] = tuple(tags)
        return context

    def _of_caller(self, kind: str, arn: str | None, account: str | None) -> dict[str, str | None]:
        types = {"anonymous": "Anonymous", "root": "Account", "user": "User", "role": "AssumedRole"}
        service = kind == "service"
        return {
            "aws:principalarn": self.one([arn, None]) if service else arn,
            "aws:principalaccount": "anonymous" if kind == "anonymous" else account or self.one(ACCOUNTS),
            "aws:principaltype": types.get(kind, "FederatedUser" if account else "Service"),
            "aws:principalisawsservice": None if kind == "anonymous" else str(service).lower(),
            "aws:username": str(arn).rpartition("/")[2] if kind == "user" else None,
            "aws:principalorgid": self.one([ORGANIZATION, "o-other", None]) if account else None,
        }

    def _network(self, *, loose: bool) -> dict[str, str | None]:
        address = self.one(
            ["203.0.113.5", "203.0.113.200", "198.51.100.7", "2001:db8::5", "::cb00:7105", "::1"]
        )
        endpoint = self.one(["vpce-1", "vpce-2", "other"])
        if loose:
            return {"aws:sourceip": self.one([address, None]), "aws:sourcevpce": self.one([endpoint, None])}
        return self.one([{"aws:sourceip": address}, {"aws:sourcevpce": endpoint}])  # type: ignore[no-any-return]

    def _of_service(self, kind: str, name: str, *, forwarded: bool) -> dict[str, str | None]:
        out: dict[str, str | None] = {}
        if self.service == "s3":
            out["s3:tlsversion"] = self.one(["1.2", "1.22", "1.3", "1.1", None])
            if kind != "anonymous":
                out["s3:signatureversion"] = version = self.one(["AWS", "AWS4-HMAC-SHA256"])
                ages = ["0"] if version == "AWS" else ["0", "600000", "600001", "99999999"]
                out["s3:signatureage"] = self.one(ages)
                out["s3:authtype"] = self.one(["POST", "REST-HEADER", "REST-QUERY-STRING"])
        if name == "ListBucket":
            out["s3:prefix"] = self.one(["a/", "a/b", "A/", "app/x", "*", "", None])
            out["s3:max-keys"] = self.one(["10", "1.2", "1.22", "1.25", "1000", None])
        if name == "PutObject":
            out["s3:x-amz-acl"] = self.one(["private", "Private", "public-read", "prior", None])
        if self.service == "kms":
            out["kms:viaservice"] = "s3.us-east-1.amazonaws.com" if forwarded else None
            if name == "Decrypt":
                out["kms:encryptioncontext:aws:s3:arn"] = self.one(
                    ["arn:aws:s3:::data", "arn:aws:s3:::data/a", None]
                )
        return out

"""What a change of CORS, notifications, event targets or subscriptions does to users and receivers."""

from collections.abc import Iterator

from review.accounts import foreign
from review.attributes import Attributes, blocks, by_name, texts
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule

CORS = ("allowed_headers", "allowed_methods", "allowed_origins", "expose_headers", "id", "max_age_seconds")


@rule("aws_s3_bucket_cors_configuration", *(f"cors_rule.{name}" for name in CORS))
def cors(it: Subject) -> Iterator[Finding]:
    """Judge which web pages may use the bucket's links."""
    old, new = (_origins(one) for one in (it.was, it.now))
    if new.keys() - old.keys():
        origins = ", ".join(sorted(new.keys() - old.keys()))
        yield dangerous("web pages of {} may use the bucket's links", origins)
    if old.keys() - new.keys():
        origins = ", ".join(sorted(old.keys() - new.keys()))
        yield good("web pages of {} may no longer use the bucket's links", origins)
    if old.keys() == new.keys() or any(old[one] != new[one] for one in old.keys() & new.keys()):
        yield careful("web pages may use the bucket's links in another way")


def _origins(side: Attributes) -> dict[str, list[Attributes]]:
    """Return what the web pages of each origin may do: the rules, without whom else they are for."""
    found: dict[str, list[Attributes]] = {}
    for one in blocks(side.get("cors_rule")):
        rest = {name: value for name, value in one.items() if name not in ("allowed_origins", "id")}
        for origin in texts(one.get("allowed_origins")):
            found.setdefault(origin, []).append(rest)
    return found


@rule("aws_s3_bucket_notification", "eventbridge")
def eventbridge(it: Subject) -> Iterator[Finding]:
    """Judge whether EventBridge is notified when objects change."""
    if bool(it.was.get("eventbridge")) != bool(it.now.get("eventbridge")):
        yield careful(
            "EventBridge is notified when objects change"
            if it.now.get("eventbridge")
            else "EventBridge is no longer notified when objects change: its rules start nothing"
        )


WHO = {"queue": "queue_arn", "topic": "topic_arn", "lambda_function": "lambda_function_arn"}


@rule("aws_s3_bucket_notification", *WHO)
def notification(it: Subject) -> Iterator[Finding]:
    """Judge who else is notified when objects change."""
    for name, arn in WHO.items():
        old, new = (by_name(blocks(one.get(name)), arn) for one in (it.was, it.now))
        for who in sorted(new):
            if who not in old:
                tell = foreign(who, it.around.own_accounts) or careful
                yield tell("{} is notified when objects change", who)
            elif old[who] != new[who]:
                yield careful("{} is notified of other object events than before", who)
        for who in sorted(old.keys() - new.keys()):
            yield careful("{} is no longer notified when objects change", who)


@rule("aws_cloudwatch_event_target", "arn")
def target(it: Subject) -> Iterator[Finding]:
    """Judge where a rule sends events."""
    arn, name = it.now.get("arn"), it.now.get("rule")
    stranger = foreign(arn, it.around.own_accounts)
    if not it.new and it.was.get("arn") != arn:
        yield dangerous("the rule {} sends to {} now, and sent to {}", name, arn, it.was.get("arn"))
    elif it.new and stranger:
        yield stranger("the rule {} sends to {} of another account", name, arn)
    elif it.new and it.around.is_elsewhere(arn):
        words = "the rule {} sends to {}, in a region where the plan has nothing else of ours"
        yield careful(words, name, arn)


@rule("aws_cloudwatch_event_target", "input_transformer", "input", "input_path", new=False)
def message(it: Subject) -> Iterator[Finding]:
    """Judge what a rule sends."""
    yield careful("the rule {} sends another message", it.now.get("rule"))


# https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
BY_ARN = ("application", "firehose", "lambda", "sqs")
OUTSIDE = {
    "email": "an e-mail address",
    "email-json": "an e-mail address",
    "http": "a web server, without encryption",
    "https": "a web server",
    "sms": "a telephone",
}


@rule("aws_sns_topic_subscription", "endpoint", "protocol")
def subscription(it: Subject) -> Iterator[Finding]:
    """Judge who gets a topic's messages."""
    old, new = it.was.get("endpoint"), it.now.get("endpoint")
    if it.new:
        stranger = foreign(new, it.around.own_accounts)
        protocol = it.now.get("protocol")
        if protocol not in BY_ARN:
            kind = OUTSIDE.get(str(protocol), "nothing that is known here")
            yield careful(f"{{}} gets the messages of the topic, outside of AWS: {kind}", new)
        elif stranger:
            yield stranger("{} gets the messages of the topic", new)
        elif it.around.is_elsewhere(new):
            yield careful(
                "{} gets the messages of the topic, in a region where the plan has nothing else of ours", new
            )
    elif old != new:
        yield dangerous("{} gets the alarms now, and {} does not", new, old)
    else:
        yield careful("the alarms reach {} in another way", new)


@rule("aws_sns_topic_subscription", "filter_policy", "filter_policy_scope", "redrive_policy")
def subscribed(it: Subject) -> Iterator[Finding]:
    """Judge which messages a subscriber gets."""
    yield careful("{} gets other messages than before, and maybe fewer", it.now.get("endpoint"))

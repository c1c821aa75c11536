"""How long data is kept, and what prevents its deletion, outside of S3."""

from collections.abc import Iterator

from review.attributes import leaves, number
from review.model import Finding, careful, dangerous, good
from review.rules.registry import Subject, rule

DATABASES = ("aws_db_instance", "aws_docdb_cluster", "aws_neptune_cluster", "aws_rds_cluster")
KEPT = {
    **dict.fromkeys(
        DATABASES, ("backup_retention_period", "its backups are kept for {} days, and were for {}")
    ),
    "aws_cloudwatch_log_group": ("retention_in_days", "its records are kept for {} days, and were for {}"),
    "aws_redshift_cluster": (
        "automated_snapshot_retention_period",
        "its backups are kept for {} days, and were for {}",
    ),
    "aws_kinesis_stream": ("retention_period", "its records are kept for {} hours, and were for {}"),
    "aws_secretsmanager_secret": (
        "recovery_window_in_days",
        "it can be restored for {} days after it is deleted, and could for {}",
    ),
}
"""The attribute that says for how long, and how that is said."""

FOREVER = "aws_cloudwatch_log_group"
"""Where 0 is for ever."""


def _kept(it: Subject) -> Iterator[Finding]:
    name, words = KEPT[it.kind]
    old, new = (number(one.get(name)) for one in (it.was, it.now))
    if old is None or new is None or old == new:
        yield from () if old == new else [careful(f"its {name} changes to {{}}", it.now.get(name))]
        return
    if it.kind == FOREVER and not new:
        yield good("its records are kept for ever")
    elif it.kind == FOREVER and not old:
        yield dangerous("its records are kept for {} days, and were for ever", int(new))
    else:
        yield (dangerous if new < old else good)(words, int(new), int(old))


for _kind, (_name, _) in KEPT.items():
    rule(_kind, _name, new=False)(_kept)

SWITCHES = {
    **dict.fromkeys(DATABASES, "deletion_protection"),
    "aws_dynamodb_table": "deletion_protection_enabled",
}


@rule("aws_dynamodb_table", "point_in_time_recovery.enabled", new=False)
def recovery(it: Subject) -> Iterator[Finding]:
    """Judge whether a table can be restored to a point in time."""
    if True in leaves(it.now, "point_in_time_recovery.enabled"):
        yield good("the table can be restored to any point in time")
    else:
        yield dangerous("the table can no longer be restored to a point in time")


def _protected(it: Subject) -> Iterator[Finding]:
    if it.now.get(SWITCHES[it.kind]) is True:
        yield good("it cannot be deleted")
    else:
        yield dangerous("it can be deleted: its deletion protection is off")


for _kind, _name in SWITCHES.items():
    rule(_kind, _name, new=False)(_protected)


@rule(DATABASES, "skip_final_snapshot", new=False)
def last_snapshot(it: Subject) -> Iterator[Finding]:
    """Judge whether a database that is destroyed leaves a snapshot."""
    if it.now.get("skip_final_snapshot") is True:
        yield dangerous("a plan that destroys it would leave no snapshot")
    else:
        yield good("a plan that destroys it would leave a snapshot")

"""Links that are taken back, with real terraform and authorization on: they work, a deploy, they do not."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ops.demo.main_job import Workplace
from ops.embedded.aws import ACCOUNT_ID, EmbeddedAws, assume, embedded_aws
from ops.shared.errors import OpsError
from settings.loading import load_environments
from settings.model import PresignSettings
from stacks.app import build
from tests import handed_out
from tests.conftest import VARIANTS
from tests.e2e.deployed import at_work, deploy

import pytest

pytestmark = pytest.mark.slow

STACK, POLICY = "secure-storage-revoked", "SecureS3Access-revoked"
REPORT, OTHER, INBOX = "reports/november.csv", "reports/october.csv", "inbox/"


@dataclass
class Site:
    """An environment that is deployed, and those who sign links for it."""

    aws: EmbeddedAws
    folder: Path
    administrator: EmbeddedAws

    def deploy(self, **presign: Any) -> dict[str, Any]:
        """Deploy with these settings; return the outputs in the shape of `terraform output -json`."""
        (settings,) = load_environments(VARIANTS, {"ENVIRONMENT_SUFFIX": "revoked"})
        settings = settings.model_copy(update={"presign": PresignSettings(**presign)})
        outdir = self.folder / "cdktf.out"
        build([settings], outdir=str(outdir)).synth()
        stack = outdir / "stacks" / STACK
        local = {"terraform": {"backend": {"local": {"path": str(self.folder / "terraform.tfstate")}}}}
        (stack / "backend_override.tf.json").write_text(json.dumps(local))
        return deploy(stack, self.administrator)

    def workplace(self, aws: EmbeddedAws) -> Workplace:
        place = self.folder
        return at_work(Workplace(place, place, place / "log", aws, {}, place / "outputs.json"), aws)

    def role(self) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:role/team"

    def session(self) -> Workplace:
        """Begin a session of the team's role."""
        return self.workplace(assume(self.aws, self.role()))

    def user(self) -> Workplace:
        """Make a user of the team with an access key."""
        iam, name = self.aws.client("iam"), "ada"
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::{ACCOUNT_ID}:policy/{POLICY}")
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        return self.workplace(replace(self.aws, **keys, session_token=None))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with embedded_aws(tmp_path / "aws.log", auth=True, tls=True) as aws:
        made = Site(aws, tmp_path, handed_out.administrator(aws))
        outputs = made.deploy()
        # What those have who do not know of the next deploy.
        (tmp_path / "outputs.json").write_text(json.dumps(outputs))
        handed_out.role(aws, "team", managed=(POLICY,))
        (tmp_path / "up").write_bytes(b"content")
        yield made


def links(place: Workplace, report: str = REPORT, inbox: str = INBOX) -> dict[str, str]:
    """Return the curl lines of a download, an upload and a form."""
    form = place.presign("post", inbox, "--file", "up")
    return {
        "put": place.presign("put", report, "--file", "up")["curl"],
        "get": place.presign("get", report, "--file", "down")["curl"],
        "form": form["curl"],
    }


def answers(place: Workplace, lines: dict[str, str]) -> dict[str, int]:
    return {name: place.curl(line) for name, line in lines.items()}


WORK = {"put": 200, "get": 200, "form": 204}
END = dict.fromkeys(WORK, 403)


def read_with_credentials(place: Workplace, key: str) -> bytes:
    """Read as the AWS SDKs do: signed in a header."""
    content: bytes = (
        place.aws.client("s3").get_object(Bucket="secure-revoked-data-bucket", Key=key)["Body"].read()
    )
    return content


def next_second() -> datetime:
    """Wait for a second that begins; return it. Sessions know theirs to the second."""
    time.sleep(1 - time.time() % 1)
    return datetime.now(UTC).replace(microsecond=0)


def test_links_of_older_sessions_end_with_a_deploy(site: Site) -> None:
    old, user = site.session(), site.user()
    of_old, of_user = links(old), links(user)
    assert answers(old, of_old) == answers(user, of_user) == WORK

    moment = next_second()
    outputs = site.deploy(revoke_issued_before=moment)
    assert answers(old, of_old) == END
    assert answers(old, links(old)) == END, "also those that it signs now"
    assert read_with_credentials(old, REPORT) == b"content"

    new = site.session()
    assert answers(new, links(new)) == WORK
    assert answers(user, of_user) == WORK, "an access key has no session"

    assert outputs["PresignRevokedBefore"]["value"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    site.deploy()
    assert answers(old, of_old) == WORK


def test_links_for_some_keys_end_with_a_deploy(site: Site) -> None:
    team, user = site.session(), site.user()
    of_team, of_user = links(team), links(user)
    of_others = links(team, OTHER, "outbox/")
    assert answers(team, of_team) == answers(user, of_user) == answers(team, of_others) == WORK

    outputs = site.deploy(revoked=(REPORT, INBOX))
    assert answers(team, of_team) == answers(user, of_user) == END
    assert answers(team, links(site.session())) == END, "also those of new sessions"
    assert read_with_credentials(team, REPORT) == read_with_credentials(team, f"{INBOX}up") == b"content"
    assert answers(team, of_others) == WORK

    # Who has the new outputs is refused beforehand.
    (site.folder / "outputs.json").write_text(json.dumps(outputs))
    with pytest.raises(OpsError, match=f"links for '{REPORT}' are revoked"):
        team.presign("get", REPORT)
    assert team.curl(team.presign("get", OTHER, "--file", "down")["curl"]) == 200

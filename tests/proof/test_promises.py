"""What each environment promises is proven at synthesis; settings that break a promise are refused."""

import json
import shutil
from pathlib import Path
from typing import Any

from main import synthesize as synthesize_settings
from proof import prove as engine
from proof.properties import GivenUp, ProofCache, Proven, model
from settings.loading import load_environments
from stacks.app import build
from stacks.promises import BrokenPromiseError, prove, refuse_broken
from tests.conftest import ROOT, VARIANTS
from tests.synthesis import PROVEN, synthesize_here
from tests.test_synthesis import contents

import pytest

DEPLOY = "arn:aws:iam::111122223333:role/deploy"
ENVIRONMENTS = {
    settings.environment: settings
    for folder in (ROOT / "environments", VARIANTS, VARIANTS / "ci", VARIANTS / "shared")
    for settings in load_environments(folder, {})
}
GIVEN_UP = {
    "audit": {"nobody-deletes-records", "nothing-unscanned-is-read"},
    "ci-shared-provider": {"ci-deploys-from-its-branch"},
    "guest": {"nobody-deletes-records"},
    "inventory-csv": {"nobody-deletes-records"},
    "lenient": {"uploads-name-their-key"},
    "logging": {"nobody-deletes-records"},
    "revoked": {"no-links-of-revoked-keys"},
    "sse-s3-lenient": {"uploads-name-their-key"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_promise_is_proven(name: str, stack_folders: dict[str, Path]) -> None:
    stacks = stack_folders[f"secure-storage-{name}"].parent
    results = prove(ENVIRONMENTS[name], stacks, PROVEN, reasons=False)
    broken = [line for one in results if isinstance(one, Proven) for line in one.counter_examples()]
    assert broken == []
    assert {one.name for one in results if isinstance(one, GivenUp)} == GIVEN_UP.get(name, set())
    assert sum(isinstance(one, Proven) for one in results) > 15


def settings_file(folder: Path, text: str) -> None:
    (folder / "environments").mkdir()
    (folder / "environments" / "dev.toml").write_text(text)


REFUSED = {
    "only private ranges, of which S3 sees none": (
        f'[network]\nsource_ips = ["10.0.0.0/8", "fd00::/8"]\n[access]\ndeploy_role = "{DEPLOY}"\n',
        "data-bucket-takes-uploads does not hold: every upload to the data bucket: DenyOutsidePerimeter "
        "would deny every such request; network.source_ips has only private ranges, and S3 sees none of "
        "those",
    ),
    "a private range of IPv6": (
        f'network.source_ips = ["fd00::/8"]\naccess.deploy_role = "{DEPLOY}"\n',
        "data-bucket-takes-uploads does not hold: every upload to the data bucket: DenyOutsidePerimeter ",
    ),
    "endpoints that the role which deploys does not pass": (
        '[network]\nvpc_endpoints = ["vpce-01234567"]\n',
        "deploy-role-keeps-control does not hold: data bucket, to empty it: DenyOutsidePerimeter: ",
    ),
    "addresses that the role which deploys does not pass": (
        '[network]\nsource_ips = ["203.0.113.0/24"]\n',
        "deploy-role-keeps-control does not hold: data bucket, to empty it: DenyOutsidePerimeter: ",
    ),
    "an organization that the role which deploys may not be of": (
        '[network]\norganization_id = "o-a1b2c3d4e5"\n',
        "deploy-role-keeps-control does not hold: data bucket, to empty it: DenyOutsideOrganization: ",
    ),
    "another role that is exempt": (
        '[network]\nvpc_endpoints = ["vpce-01234567"]\n'
        'exempt_roles = ["arn:aws:iam::111122223333:role/breakglass"]\n',
        "deploy-role-keeps-control does not hold: data bucket, to empty it: DenyOutsidePerimeter: ",
    ),
    "a role of another account that deploys": (
        f'account_id = "999988887777"\n[access]\ndeploy_role = "{DEPLOY}"\n',
        "deploy-role-keeps-control does not hold: data bucket: "
        "the role deploy of account 111122223333 could not do ",
    ),
    "a role of another account that could change the key's policy": (
        f'account_id = "999988887777"\n[access]\ndeploy_role = "{DEPLOY}"\n',
        "no-other-account does not hold: data key: AllowDeployRoleToChangePolicy: "
        "the role deploy of account 111122223333 could do kms:PutKeyPolicy on ",
    ),
    "a role of another account, without a key": (
        f'account_id = "999988887777"\naccess.deploy_role = "{DEPLOY}"\nencryption.mode = "sse-s3"\n',
        "deploy-role-keeps-control does not hold: data bucket: ",
    ),
    "a replica that the role of another account could not manage": (
        f'account_id = "999988887777"\naccess.deploy_role = "{DEPLOY}"\nencryption.mode = "sse-s3"\n'
        '[replication]\nenabled = true\nregion = "eu-west-1"\n',
        "deploy-role-keeps-control does not hold: replica bucket: ",
    ),
}


@pytest.mark.parametrize(("settings", "message"), REFUSED.values(), ids=REFUSED)
def test_settings_that_break_a_promise_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    settings_file(tmp_path, settings)
    done = synthesize_here(tmp_path / "out", folder=tmp_path)
    assert done.returncode == 1
    assert all(line.startswith("Error: environment dev: ") for line in done.stderr.splitlines())
    assert f"Error: environment dev: {message}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_broken_promise_says_how_to_fix_it(tmp_path: Path) -> None:
    settings_file(tmp_path, '[network]\nvpc_endpoints = ["vpce-01234567"]\n')
    (line,) = synthesize_here(tmp_path / "out", folder=tmp_path).stderr.splitlines()
    assert line.endswith("; name the role that deploys, of this account, in access.deploy_role")


def test_what_was_synthesized_before_is_kept_when_an_environment_is_refused(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    assert synthesize_here(tmp_path / "out").returncode == 0
    before = contents(tmp_path / "out")
    (tmp_path / "environments" / "dev.toml").write_text('[network]\nvpc_endpoints = ["vpce-01234567"]\n')
    assert synthesize_here(tmp_path / "out", folder=tmp_path).returncode == 1
    assert contents(tmp_path / "out") == before


def test_links_that_are_taken_back_are_proven_ended_for_the_replicas_too(tmp_path: Path) -> None:
    settings_file(
        tmp_path,
        '[presign]\nrevoke_issued_before = 2026-11-26T10:00:00Z\nrevoked = ["a:b", "ü/"]\n'
        '[replication]\nenabled = true\nregion = "eu-west-1"\n',
    )
    assert synthesize_here(tmp_path / "out", folder=tmp_path).stderr == ""
    stack = json.loads((tmp_path / "out/stacks/secure-storage-dev/cdk.tf.json").read_text())
    ended = {
        one["Sid"]: one["Resource"]
        for policy in stack["resource"]["aws_s3_bucket_policy"].values()
        for one in json.loads(policy["policy"])["Statement"]
        if one["Sid"].startswith("DenyRevoked") and "replica" in policy["//"]["metadata"]["path"]
    }
    replica = "arn:aws:s3:::secure-dev-data-replica"
    assert ended == {
        "DenyRevokedSessions": [replica, f"{replica}/*"],
        "DenyRevokedLinks": [f"{replica}/a:b", f"{replica}/ü/*"],
    }


@pytest.mark.parametrize(
    "network",
    [
        'vpc_endpoints = ["vpce-01234567"]',
        'source_ips = ["10.0.0.0/8", "203.0.113.0/24"]',
        'source_ips = ["10.0.0.0/8"]\nvpc_endpoints = ["vpce-01234567"]',
        'organization_id = "o-a1b2c3d4e5"',
        'vpc_endpoints = ["vpce-01234567"]\nlisting = true',
    ],
)
def test_a_perimeter_that_the_deploying_role_passes_is_let_through(tmp_path: Path, network: str) -> None:
    settings_file(tmp_path, f'[network]\n{network}\n[access]\ndeploy_role = "{DEPLOY}"\n')
    done = synthesize_here(tmp_path / "out", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_policies_that_aws_finds_too_large_are_refused(tmp_path: Path) -> None:
    readers = ",".join(f'{{ principal = "arn:aws:iam::111122223333:role/r{n}" }}' for n in range(60))
    settings_file(tmp_path, f"access.readers = [{readers}]\n")
    done = synthesize_here(tmp_path / "out", folder=tmp_path)
    assert done.returncode == 1
    assert "Error: environment dev: the policy of the data bucket would have " in done.stderr
    assert "AWS accepts 20480: grant to fewer" in done.stderr


def test_prefixes_that_the_policy_of_the_scanner_cannot_hold_are_refused(tmp_path: Path) -> None:
    prefixes = [f"{number}{'x' * 1000}" for number in range(5)]
    scan = f"[malware_scan]\nenabled = true\nprefixes = {prefixes}\n"
    settings_file(tmp_path, f"[events]\neventbridge = true\n{scan}")
    done = synthesize_here(tmp_path / "out", folder=tmp_path)
    assert done.returncode == 1
    assert "Error: environment dev: the policy SecureS3Scan-dev would have 6" in done.stderr
    assert "characters, but AWS accepts 6144: make the settings that it lists" in done.stderr


@pytest.mark.parametrize(("count", "refused"), [(180, False), (220, True)])
def test_as_many_links_as_aws_takes_can_be_revoked(tmp_path: Path, count: int, refused: bool) -> None:
    keys = [f"reports/2026/month-{n:03}/team-{n % 7}/file-{n:04}.parquet" for n in range(count)]
    settings_file(tmp_path, f"presign.revoked = {keys}\n")
    (line,) = synthesize_here(tmp_path / "out", folder=tmp_path).stderr.splitlines() or [""]
    assert bool(line) is refused
    assert line.endswith("AWS accepts 20480: grant to fewer, or revoke fewer links" if refused else "")


def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = synthesize_here(tmp_path / "file" / "out")
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: cannot write to {tmp_path}/file/out: Not a directory\n",
    )


def test_a_second_synthesis_keeps_what_terraform_left(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (settings,) = (one for one in load_environments(ROOT / "environments", {}) if one.environment == "dev")
    synthesize_settings([settings], out)
    left = out / "stacks" / "secure-storage-dev" / "errored.tfstate"
    left.write_text("{}")
    synthesize_settings([settings], out)
    assert left.read_text() == "{}"
    assert (out / "manifest.json").exists()


def test_what_is_proven_is_remembered_and_what_is_broken_is_not(
    tmp_path: Path, put: list[int], stack_folders: dict[str, Path]
) -> None:
    settings, stacks, remembered = ENVIRONMENTS["dev"], tmp_path / "stacks", tmp_path / "proven"
    shutil.copytree(stack_folders["secure-storage-dev"].parent, stacks)
    put.append(0)
    refuse_broken([settings], stacks, proven_before=remembered)
    (proven,) = remembered.iterdir()
    put.append(0)
    refuse_broken([settings], stacks, proven_before=remembered)
    assert put[0] > 50
    assert put[1] == 0
    file = stacks / "secure-storage-dev" / "cdk.tf.json"
    file.write_text(
        file.read_text().replace("DenyInsecureTransport", "Renamed").replace("s3:TlsVersion", "s3:x")
    )
    with pytest.raises(BrokenPromiseError, match="no-outdated-tls does not hold"):
        refuse_broken([settings], stacks, proven_before=remembered)
    assert list(remembered.iterdir()) == [proven]


def test_a_folder_that_cannot_remember_stops_nobody(
    tmp_path: Path, stack_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacks.promises.ProofCache", lambda: PROVEN)
    (tmp_path / "file").touch()
    stacks = stack_folders["secure-storage-dev"].parent
    refuse_broken([ENVIRONMENTS["dev"]], stacks, proven_before=tmp_path / "file" / "proven")


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many claims were put to the engine, for each environment."""
    counted: list[int] = []

    def counting(decision: Any, claims: Any, *rest: Any, **options: Any) -> Any:
        counted[-1] += len(claims)
        return engine(decision, claims, *rest, **options)

    monkeypatch.setattr(model, "prove", counting)
    return counted


def claims_put(folder: Path, settings: str, put: list[int]) -> list[int]:
    """How many claims were put for each of two environments with these settings, by the way `prove` does."""
    (folder / "environments").mkdir()
    for name in ("first", "second"):
        text = f'bucket_name = "acme-{name}-data"\n{settings}'
        (folder / "environments" / f"{name}.toml").write_text(text)
    environments = load_environments(folder / "environments", {})
    build(environments, outdir=str(folder / "out")).synth()
    known = ProofCache()
    for one in environments:
        put.append(0)
        proven = prove(one, folder / "out" / "stacks", known)
        assert all(it.holds for it in proven if isinstance(it, Proven))
    return put


def test_environments_that_differ_in_names_only_are_proven_once(tmp_path: Path, put: list[int]) -> None:
    first, second = claims_put(tmp_path, "", put)
    assert first > 50
    assert second == 0


def test_a_setting_that_holds_the_name_of_one_is_proven_again(tmp_path: Path, put: list[int]) -> None:
    reader = '{ principal = "arn:aws:iam::111122223333:role/r", prefix = "first/" }'
    first, second = claims_put(tmp_path, f"access.readers = [{reader}]\n", put)
    assert 0 < second < first


def test_synthesis_proves_environments_that_differ_in_names_only_once(tmp_path: Path, put: list[int]) -> None:
    (tmp_path / "environments").mkdir()
    for name in ("one", "two", "three"):
        (tmp_path / "environments" / f"{name}.toml").touch()
    environments = load_environments(tmp_path / "environments", {})
    build(environments, outdir=str(tmp_path / "out")).synth()
    counts = []
    for number in (1, 3):
        put.append(0)
        remembered = tmp_path / f"proven-{number}"
        refuse_broken(environments[:number], tmp_path / "out" / "stacks", proven_before=remembered)
        counts.append((put[-1], len(list(remembered.iterdir()))))
    assert counts[0][0] > 50
    assert counts[0] == counts[1]

"""The scan: Checkov on the synthesized JSON and on real plans, compared with controls.toml."""

import tempfile
import time
from pathlib import Path

from ops.embedded.aws import embedded_aws
from ops.scan.checkov import install_checkov, judge
from ops.scan.controls import problems, read_controls, report
from ops.scan.inputs import scan_inputs
from ops.shared.errors import OpsError
from ops.shared.toolchain import CACHE


def run_scan() -> None:
    """Scan every environment; print what fails, and whether ops/scan/controls.toml waives it.

    Raises:
        OpsError: something fails that is not waived, a waiver is not needed, or the scan did not work.
    """
    started = time.monotonic()
    CACHE.mkdir(exist_ok=True)
    log = CACHE / "scan.log"
    log.write_bytes(b"")
    controls = read_controls()
    executable = install_checkov(log)
    with tempfile.TemporaryDirectory(prefix="scan-") as name:
        folder = Path(name).resolve()
        with embedded_aws(log) as aws:
            sources = scan_inputs(aws, folder, log)
        findings = judge(sources, executable=executable, folder=folder / "results", log=log)
    for line in report(findings, controls):
        print(line)
    failed = sum(not finding.passed for finding in findings)
    seconds = time.monotonic() - started
    print(f"Checkov: {len(findings)} checks of {len(sources)} inputs in {seconds:.0f} s, {failed} fail.")
    if wrong := list(problems(findings, controls)):
        raise OpsError("\n".join(wrong))
    print("ops/scan/controls.toml waives all that fails, and every waiver is used.")

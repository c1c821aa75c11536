"""Synthesis in this process: as `python main.py` does it, without a start of Python and of jsii."""

import contextlib
import importlib
import io
import os
import subprocess
from pathlib import Path
from unittest import mock

from main import main
from proof.properties import ProofCache
from tests.conftest import ROOT

PROVEN = ProofCache()
"""What was proven in this process, and is not proven again; what is broken never gets into it."""


def synthesize_here(outdir: Path, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Synthesize a folder's `environments/`, and return what the process would have ended with."""
    # The jsii child stays where this starts it: where a folder is deleted, it could not run Terraform later.
    importlib.import_module("constructs_lib.aws")
    clean = {k: v for k, v in os.environ.items() if k not in ("AWS_REGION", "ENVIRONMENT_SUFFIX")}
    environ = clean | {"CDKTF_OUTDIR": str(outdir)} | variables
    code: str | int | None = 0
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch("stacks.promises.ProofCache", return_value=PROVEN),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()) as stdout,
        contextlib.redirect_stderr(io.StringIO()) as stderr,
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    # As Python does where it is asked to end with a text.
    status, last = (code, "") if isinstance(code, int) else (1, f"{code}\n")
    return subprocess.CompletedProcess(["main.py"], status, stdout.getvalue(), stderr.getvalue() + last)

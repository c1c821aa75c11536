"""The team lists what is below a prefix with nothing but the managed policy, and its links fetch it."""

import csv
import json
import uuid
from pathlib import Path

from tests.enforcement.places import Place
from tests.presign.presign_support import Presign

import pytest
import requests

NAMES = ["a b", "a+b", "ü/é", "100%"]


@pytest.fixture
def folder(place: Place) -> str:
    """A prefix with an object for each of NAMES."""
    prefix = f"{uuid.uuid4()}/"
    for name in NAMES:
        place.store(f"{prefix}{name}", name.encode())
    return prefix


def test_the_objects_of_a_prefix_get_links_that_work(place: Place, presign: Presign, folder: str) -> None:
    result = presign("bulk", "get", f"s3://{place.bucket}/{folder}", "-o", "out.csv")
    assert result.code == 0, result.err
    with Path("out.csv").open(newline="") as file:
        found = {row["key"]: requests.get(row["url"], timeout=30).text for row in csv.DictReader(file)}
    assert found == {f"{folder}{name}": name for name in NAMES}


def test_the_objects_of_a_prefix_are_listed(place: Place, presign: Presign, folder: str) -> None:
    result = presign("list", folder, "--format", "json")
    assert result.code == 0, result.err
    sizes = {row["key"]: row["size"] for row in json.loads(result.out)}
    assert sizes == {f"{folder}{name}": len(name.encode()) for name in NAMES}

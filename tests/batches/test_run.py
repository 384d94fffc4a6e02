"""Stages over batches: the same bytes in the same order, whatever runs them."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest

from stancebank.batches.run import pack, run, unpack
from stancebank.errors import InputError

HERE = "tests.batches.test_run"


def doubled(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The numbers of a batch, times a setting."""
    numbers = unpack(batch).column("n").to_pylist()
    return pack(pa.RecordBatch.from_pydict({"n": [each * settings["times"] for each in numbers]}))


def refusing(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The batch, or an error where it is the one that the settings name."""
    if batch == settings["bad"].encode():
        raise InputError("a bad batch")
    return batch


def process(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The number of the process."""
    return str(os.getpid()).encode()


def batches(count: int) -> Iterator[bytes]:
    return (pack(pa.RecordBatch.from_pydict({"n": [number, number + 1]})) for number in range(count))


@pytest.mark.slow
def test_several_processes_give_what_one_gives_in_the_order_of_the_batches() -> None:
    alone = list(run(f"{HERE}:doubled", batches(9), {"times": 2}))
    assert [unpack(each).column("n").to_pylist() for each in alone[:2]] == [[0, 2], [2, 4]]
    assert list(run(f"{HERE}:doubled", batches(9), {"times": 2}, workers=2)) == alone
    others = set(run(f"{HERE}:process", batches(8), {}, workers=2))
    assert str(os.getpid()).encode() not in others
    with pytest.raises(InputError, match="a bad batch"):
        list(run(f"{HERE}:refusing", (str(each).encode() for each in range(9)), {"bad": "4"}, workers=2))


def test_batches_are_made_when_they_are_wanted() -> None:
    begun = []

    def noted() -> Iterator[bytes]:
        for each in batches(5):
            begun.append(each)
            yield each

    found = run(f"{HERE}:doubled", noted(), {"times": 1})
    next(found)
    assert len(begun) == 1


def test_an_engine_that_there_is_not_is_named() -> None:
    with pytest.raises(InputError, match="no engine 'spark'"):
        list(run(f"{HERE}:doubled", batches(1), {"times": 1}, engine="spark"))

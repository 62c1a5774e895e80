"""``discembed segment --cluster``: as in one process, whatever is killed."""

from __future__ import annotations

import csv
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch import cluster as clusters
from napari_discembed.batch.cluster import Cluster, connected
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.results import FILE
from napari_discembed.batch.runner import run_batch
from napari_discembed.batch.sources import find_sources
from napari_discembed.cli import main
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.io.labels import read_segmentation
from napari_discembed.progress import Progress, run

Write = Callable[..., Path]


@pytest.fixture
def mixed(play: Path, write_ome_zarr: Write) -> Path:
    """Return a folder of two small pictures, a small store and a large one of 4 blocks."""
    y, x = np.mgrid[:256, :256] % 24
    pixels = ((y < 14) & (x < 14)).astype(np.uint8) * 180
    pixels += np.random.default_rng(0).integers(0, 30, pixels.shape, dtype=np.uint8)
    folder = play / "images"
    write_ome_zarr(folder / "large.zarr", pixels, chunks=128, levels=2)
    write_ome_zarr(folder / "small.zarr", pixels[:64, :64], chunks=64, levels=1)
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Start two processes, which take some seconds to import what they need."""
    with connected("local", 2) as there:
        yield there


def words(folder: Path, model_file: Path, out: Path, name: str) -> list[str]:
    return ["segment", str(folder), "--model", str(model_file), "--output", str(out), "--diameter",
            "16", "--block-size", "128", "--label-name", name]  # fmt: skip


def counts(out: Path) -> list[tuple[str, str, str]]:
    with (out / "counts.csv").open() as lines:
        return [(row["image"], row["count"], row["mean_size"]) for row in csv.DictReader(lines)]


def same_labels(folder: Path, one: str, other: str) -> None:
    for store in ("large.zarr", "small.zarr"):
        a, b = (read_segmentation(folder / store / "labels" / name) for name in (one, other))
        assert a.count > 0
        np.testing.assert_array_equal(a.labels, b.labels)


def test_a_cluster_of_two_gives_what_one_process_gives(
    cluster: Cluster, mixed: Path, model_file: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    alone, out = tmp_path / "alone", tmp_path / "out"
    (mixed / "bad.tif").write_bytes(b"no picture")
    monkeypatch.chdir(tmp_path)  # paths that the workers have not
    folder = mixed.relative_to(tmp_path)
    assert main(words(folder, model_file, alone, "alone")) == 1
    clustered = [*words(folder, model_file, out.relative_to(tmp_path), "two"), "--cluster",
                 cluster.client.scheduler.address]  # fmt: skip
    capsys.readouterr()
    assert main(clustered) == 1
    told = capsys.readouterr()
    assert "Dask scheduler tcp://127.0.0.1:" in told.err
    assert "workers: 2, dashboard: http://127.0.0.1:" in told.err
    assert "1 image failed" in told.out
    same_labels(mixed, "alone", "two")
    for name in ("one_labels.tif", "day/two_labels.tif"):
        np.testing.assert_array_equal(tifffile.imread(out / name), tifffile.imread(alone / name))
    assert counts(out) == counts(alone)
    assert len(counts(out)) == 4
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in alone.iterdir())


def test_a_batch_that_is_cancelled_goes_on_where_it_was(
    cluster: Cluster, mixed: Path, model_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    recipe = Recipe(str(model_file), diameter=16, block=128)
    sources = find_sources([mixed])
    job = run_batch(sources, recipe, out, cluster=cluster)
    for progress in job:
        if progress.portion is not None and (out / ".large_blocks").is_dir():
            job.close()
    assert not list(out.glob(".*.safetensors"))
    ended = [
        progress.data[FILE]
        for progress in run_batch(sources, recipe, out, cluster=cluster)
        if FILE in progress.data
    ]
    assert [file.skipped for file in ended] == [True, True, True, False]
    assert not any(file.error for file in ended)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_worker_that_is_killed_loses_nothing(
    cluster: Cluster, mixed: Path, model_file: Path, tmp_path: Path
) -> None:
    out, recipe = tmp_path / "out", Recipe(str(model_file), diameter=16, block=128)
    sources = find_sources([mixed / "large.zarr", mixed / "small.zarr"])
    assert not run(run_batch(sources, recipe, tmp_path / "alone", label_name="alone")).failed
    workers = list(cluster.client.run(os.getpid).values())

    def kill_one(_: Progress) -> None:
        if len(workers) == 2 and list(out.glob(".large_blocks/*.npz")):
            os.kill(workers.pop(), signal.SIGKILL)

    job = run_batch(sources, recipe, out, label_name="killed", cluster=cluster)
    assert not run(job, kill_one).failed
    assert len(workers) == 1
    same_labels(mixed, "alone", "killed")


def test_what_becomes_of_each_task_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: dict[int, object] = {}

    def ended(number: int, outcome: object) -> Progress:
        outcomes[number] = outcome
        return Progress(None)

    run(cluster.run([partial(os.listdir, "no such folder"), partial(len, "abc")], ended))
    assert isinstance(outcomes[0], FileNotFoundError)
    assert outcomes[1] == 3
    monkeypatch.setattr(cluster.client.cluster.scheduler, "allowed_failures", 0)
    run(cluster.run([partial(os._exit, 1)], ended))
    assert isinstance(outcomes[0], DiscembedError)
    assert "1 worker died of it" in str(outcomes[0])


def test_what_has_ended_is_told_once(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "POLL_SECONDS", 0.01)
    tasks = [partial(len, "abc"), partial(time.sleep, 0.2)]
    job = cluster.run(tasks, lambda number, _: Progress(0.5, data={"ended": number}))
    told = list(job)
    assert sorted(p.data["ended"] for p in told if p.data) == [0, 1]
    assert len(told) > 5


def test_a_scheduler_that_is_lost_is_told() -> None:
    from distributed import LocalCluster

    local = LocalCluster(n_workers=0, dashboard_address=None)
    with local, connected(local.scheduler_address) as there:
        job = there.run([partial(len, "abc")], lambda *_: Progress(1.0))
        assert next(job).message == "waiting for workers"
        local.close()
        with pytest.raises(DiscembedError, match="scheduler of the cluster is gone"):
            run(job)


def test_an_address_where_nobody_listens_is_told_soon(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clusters, "CONNECT_SECONDS", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    started = time.monotonic()
    usual = words(play / "images", model_file, tmp_path / "out", "a")
    assert main([*usual, "--cluster", place]) == 1
    assert time.monotonic() - started < 5
    told = capsys.readouterr().err
    assert f"No Dask scheduler answers at '{place}'" in told
    assert "Traceback" not in told


def test_what_does_not_fit_a_cluster_is_told(tmp_path: Path, model_file: Path) -> None:
    with (
        pytest.raises(InputError, match="--workers 2 is for --cluster local"),
        connected("tcp://127.0.0.1:1", 2),
    ):
        pass
    usual = words(tmp_path, model_file, tmp_path / "out", "a")
    assert main([*usual, "--workers", "2"]) != 0


def test_without_distributed_a_sentence_says_what_to_install(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "distributed", None)
    usual = words(play / "images", model_file, tmp_path / "out", "a")
    assert main([*usual, "--cluster", "local"]) != 0
    assert "pip install 'napari-discembed[cluster]'" in capsys.readouterr().err

"""Runs as ZIP files: the round trip, and everything that somebody might send instead."""

import io
import json
import zipfile

import numpy as np
import pytest
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import RunError
from mnistcore.nn import Network, network_to_bytes
from mnistcore.runs import RunStore, execute_run


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = RunStore(f"sqlite:///{tmp_path_factory.mktemp('store')}/runs.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def finished(store) -> str:
    run_id = store.create_run(tiny_config(), dataset=store.add_dataset(tiny_dataset()), name="an ünusual name")
    assert execute_run(store.url, run_id) == "finished"
    return run_id


@pytest.fixture(scope="module")
def packed(store, finished) -> bytes:
    return store.export_run(finished)


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def changed(packed: bytes, name: str, data: bytes | None) -> bytes:
    members = members_of(packed)
    if data is None:
        del members[name]
    else:
        members[name] = data
    return repacked(members)


def sheet_with(packed: bytes, **values: object) -> bytes:
    sheet = json.loads(members_of(packed)["run.json"])
    return changed(packed, "run.json", json.dumps(sheet | values).encode())


def test_a_run_comes_back_whole_under_a_new_id(store, finished, packed, tmp_path):
    elsewhere = RunStore(f"sqlite:///{tmp_path}/elsewhere.db")
    run_id = elsewhere.import_run(packed)
    old, new = store.run(finished), elsewhere.run(run_id)
    assert run_id != finished
    for name in ("name", "recipe", "dataset", "fingerprint", "status", "config", "step", "test_accuracy", "seconds"):
        assert getattr(new, name) == getattr(old, name)
    assert new.parameter_count == old.parameter_count
    assert elsewhere.history(run_id).equals(store.history(finished))
    expected = store.load_weights(finished).network.parameters
    assert np.array_equal(elsewhere.load_weights(run_id).network.parameters, expected)
    assert elsewhere.snapshot_steps(run_id) == [old.step]
    assert elsewhere.export_run(run_id) != packed  # its own id and date
    elsewhere.close()


def test_an_archive_of_an_older_version_has_no_figures_of_plain_weights(store, finished, packed):
    sheet = json.loads(members_of(packed)["run.json"])
    older = {name: value for name, value in sheet["metrics"].items() if not name.startswith("plain_")}
    assert len(older) == len(sheet["metrics"]) - 2
    table = [line.rsplit(b",", 2)[0] for line in members_of(packed)["metrics.csv"].splitlines()]
    brought = store.import_run(changed(sheet_with(packed, metrics=older), "metrics.csv", b"\n".join(table)))
    assert store.run(brought).test_accuracy == store.run(finished).test_accuracy
    assert store.history(brought).equals(store.history(finished))


def test_the_same_run_gives_the_same_bytes(store, finished, packed):
    assert store.export_run(finished) == packed
    assert set(members_of(packed)) == {"config.json", "run.json", "metrics.csv", "weights.npz"}


def test_a_run_that_has_not_begun_is_exported_without_weights(store):
    run_id = store.create_run(tiny_config())
    packed = store.export_run(run_id)
    assert "weights.npz" not in members_of(packed)
    assert store.run(store.import_run(packed)).status == "stopped"


def test_text_that_is_no_archive_is_refused(store, packed):
    for data in (b"", b"hello", packed[: len(packed) // 2], b"PK\x03\x04" + b"\0" * 100):
        with pytest.raises(RunError, match=r"^the file is not a run's archive: choose a ZIP"):
            store.import_run(data)


def test_a_flipped_byte_is_noticed(store, packed):
    data = bytearray(packed)
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(RunError, match="archive"):
        store.import_run(bytes(data))


def test_other_members_are_refused(store, packed):
    with pytest.raises(RunError, match=r"must hold config\.json.*found \.\./\.\./evil"):
        store.import_run(repacked({"../../evil": b"x", **members_of(packed)}))
    with pytest.raises(RunError, match="must hold"):
        store.import_run(changed(packed, "metrics.csv", None))


def test_a_bomb_is_not_unpacked(store, packed):
    with pytest.raises(RunError, match=r"run\.json in the archive has more than 100,000 bytes"):
        store.import_run(changed(packed, "run.json", b" " * 50_000_000))


def test_a_bomb_within_the_weights_is_not_unpacked(store, packed):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("parameters.npy", b"\0" * 60_000_000)
    with pytest.raises(RunError, match=r"weights\.npz unpacks to"):
        store.import_run(changed(packed, "weights.npz", inner.getvalue()))


def test_weights_with_objects_are_not_unpickled(store, packed):
    inner = io.BytesIO()
    config = np.frombuffer(tiny_config().model_dump_json().encode(), np.uint8)
    np.savez(inner, config=config, parameters=np.array([{"a": 1}, print], dtype=object))
    with pytest.raises(RunError, match="holds no network"):
        store.import_run(changed(packed, "weights.npz", inner.getvalue()))


def test_weights_of_another_network_are_refused(store, packed):
    other = Network(tiny_config(layers=[]), np.random.default_rng(0))
    with pytest.raises(RunError, match="belongs to another network"):
        store.import_run(changed(packed, "weights.npz", network_to_bytes(other)))


def test_weights_that_are_not_finite_are_refused(store, packed):
    network = Network(tiny_config(), np.random.default_rng(0))
    network.parameters[3] = np.nan
    with pytest.raises(RunError, match="not finite"):
        store.import_run(changed(packed, "weights.npz", network_to_bytes(network)))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": 2}, r"run\.json.*format"),
        ({"step": -1}, r"run\.json.*step"),
        ({"step": 2**31}, r"run\.json.*step"),
        ({"owner": "me"}, r"run\.json.*owner"),
        ({"name": ""}, r"run\.json.*name"),
        ({"message": "a\0b"}, r"run\.json.*message"),
        ({"metrics": {"seconds": 1.0}}, "metrics must be"),
        ({"created_at": "1e400"}, "created_at"),
    ],
)
def test_a_wrong_run_sheet_is_refused(store, packed, values, message):
    with pytest.raises(RunError, match=message):
        store.import_run(sheet_with(packed, **values))


def test_an_id_in_the_archive_leads_nowhere(store, packed, finished):
    run_id = store.import_run(sheet_with(packed, id="../../../etc/passwd", status="running"))
    assert len(run_id) == 12
    assert store.run(run_id).status == "stopped"
    assert store.run(finished).status == "finished"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("config.json", b'{"epochs": 0}', "epochs"),
        ("config.json", b"\xff\xfe", "not text"),
        ("config.json", b"[" * 50_000, "config"),
        ("metrics.csv", b"step,loss\n1,2\n", "must have the columns"),
        ("metrics.csv", b"\0\1\2", "metrics.csv"),
        ("metrics.csv", b"", "metrics.csv"),
    ],
)
def test_a_wrong_member_is_refused(store, packed, name, data, message):
    with pytest.raises(RunError, match=message):
        store.import_run(changed(packed, name, data))


@pytest.mark.parametrize("steps", [(1, 1), (2, 1), (-1, 0), (0.5, 1), (1, 3e9), ("nan", 1), ("a", 1)])
def test_steps_that_do_not_ascend_are_refused(store, packed, steps):
    header = members_of(packed)["metrics.csv"].splitlines()[0]
    rows = [f"{step}{',1' * 10}".encode() for step in steps]
    with pytest.raises(RunError, match=r"metrics\.csv"):
        store.import_run(changed(packed, "metrics.csv", b"\n".join([header, *rows])))


def test_tags_and_notes_go_along(store, packed):
    assert not {"tags", "notes"} & set(json.loads(members_of(packed)["run.json"]))
    run_id = store.import_run(sheet_with(packed, tags=["best", "to-show"], notes="first\nsecond"))
    imported = store.run(store.import_run(store.export_run(run_id)))
    assert (imported.tags, imported.notes) == (("best", "to-show"), "first\nsecond")
    for values in ({"tags": ["two words"]}, {"notes": "\x07"}, {"tags": ["a"] * 21}):
        with pytest.raises(RunError, match="cannot be used"):
            store.import_run(sheet_with(packed, **values))

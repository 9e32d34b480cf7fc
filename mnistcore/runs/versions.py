"""Whether the scheduler and the workers of a Dask cluster have what runs need: this package, Python and NumPy alike."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mnistcore.errors import describe_error

if TYPE_CHECKING:
    from distributed import Client


def find_defects(client: "Client") -> str:
    """Which of scheduler and workers lack what or have another version, and what to install; "" if nothing is amiss.

    Python is compared first, without sending code: another version could not read it.
    """
    from mnistcore.runs import probes

    ours = probes.installed()
    asked: Any = client.get_versions()
    defects = {
        place: _differences({"Python": ".".join(answer["packages"]["python"].split(".")[:2])}, ours)
        for place, answer in _places(asked["scheduler"], asked["workers"]).items()
    }
    if not any(defects.values()):
        answers = client.run(probes.installed, on_error="return")
        places = _places(client.run_on_scheduler(probes.installed), answers)
        defects = {place: _defect(answer, ours) for place, answer in places.items()}
    grouped = defaultdict(list)
    for place, defect in defects.items():
        if defect:
            grouped[defect].append(place)
    return "; ".join(f"{' and '.join(having)} {defect}" for defect, having in grouped.items())


def _places(scheduler: Any, workers: dict[str, Any]) -> dict[str, Any]:
    return {"its scheduler": scheduler} | {f"its worker {address}": answer for address, answer in workers.items()}


def _defect(found: dict[str, str] | Exception, ours: dict[str, str]) -> str:
    """What is amiss in one place, and the remedy."""
    if isinstance(found, Exception):
        return f"cannot be asked what is installed there ({describe_error(found)})"
    if differences := _differences(found, ours):
        return differences
    if "missing" in found:
        wanted = f"install MNIST Explorer {ours['MNIST Explorer']} there, and start it again"
        return f"cannot import MNIST Explorer ({found['missing']}): {wanted}"
    return ""


def _differences(found: dict[str, str], ours: dict[str, str]) -> str:
    """What has another version than here, and the remedy."""
    wrong = [name for name in ours if found.get(name, ours[name]) != ours[name]]
    has, wanted = (" and ".join(f"{name} {versions[name]}" for name in wrong) for versions in (found, ours))
    return f"has {has}: install {wanted} there, and start it again" if wrong else ""

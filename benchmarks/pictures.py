"""How many odd pictures of MNIST's test digits the shipped network reads: python -m benchmarks.pictures [KIND ...]."""

import argparse
from dataclasses import dataclass, field

import numpy as np

from benchmarks.odd_pictures import KINDS, make_picture
from mnistcore.data import load_dataset
from mnistcore.drawing import prepare_picture
from mnistcore.nn import Network
from mnistcore.pretrained import ARCHIVE
from mnistcore.runs.archive import unpack_run

SURE = 0.9


@dataclass
class Tally:
    """What came of the pictures of one kind."""

    count: int = 0
    right: int = 0
    refused: int = 0
    hinted: int = 0
    sure_and_wrong: list[int] = field(default_factory=list)  # numbers of pictures above 90 % sure, wrong, without hint
    wrong: list[int] = field(default_factory=list)


def shipped_network() -> Network:
    """The network that every new store begins with."""
    network = unpack_run(ARCHIVE.read_bytes()).network
    if network is None:
        raise SystemExit(f"{ARCHIVE} holds a run without weights")
    return network


def measure(kind: str, count: int, seed: int, network: Network) -> Tally:
    """Read ``count`` pictures of a kind, made from MNIST's test digits as ``seed`` says."""
    dataset = load_dataset("mnist")
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
        chosen = rng.choice(len(dataset.test_images), 2 if rng.random() < 0.7 else 3, replace=False)
        labels = dataset.test_labels[chosen if kind == "several" else chosen[:1]].tolist()
        preparation = prepare_picture(make_picture(kind, dataset.test_images[chosen], rng))
        tally.count += 1
        tally.hinted += preparation.hint is not None
        if preparation.is_empty:
            tally.refused += 1
            continue
        answers = network.predict(np.array([digit.image for digit in preparation.digits]))
        if answers.argmax(axis=1).tolist() == labels:
            tally.right += 1
            continue
        tally.wrong.append(number)
        if preparation.hint is None and answers.max(axis=1).min() > SURE:
            tally.sure_and_wrong.append(number)
    return tally


def main() -> None:
    """Print a table, a row a kind."""
    parser = argparse.ArgumentParser("python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; default all")
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other pictures (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}")
    network = shipped_network()
    print(f"{'kind':12} {'right':>9} {'refused':>8} {'hinted':>7}   sure, wrong and without a hint; wrong")
    for kind in options.kinds or KINDS:
        tally = measure(kind, options.count, options.seed, network)
        print(
            f"{kind:12} {tally.right:4} / {tally.count:<4}{tally.refused:6} {tally.hinted:7}   "
            f"{len(tally.sure_and_wrong)} {tally.sure_and_wrong}; {tally.wrong}",
            flush=True,
        )


if __name__ == "__main__":
    main()

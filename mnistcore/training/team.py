"""Whoever takes the steps of a run: one process for all lanes or, where that pays, a second one for one of them."""

import logging
import os
import time

import numpy as np

from mnistcore.nn import Dense, Network
from mnistcore.nn.network import PIXELS
from mnistcore.training.config import TrainingConfig
from mnistcore.training.lanes import Arena, Lane, Layout, choose_lanes, chunk_size, multiplications
from mnistcore.training.partner import Partner, cores, keep_to

WAITING_SHARE = 0.4  # of the time spent waiting for the second process, from which the machine has other things to do
PATIENCE_SECONDS = 0.05  # of waiting, before looking what share of the time it was
REST_SECONDS = 2.0  # how long the first process then works alone; twice as long each time that it happens again
MAX_REST_SECONDS = 30.0
PARTNER_WORK = 30e9  # multiplications that are left in a run, a second's or so, from which a second process pays

log = logging.getLogger(__name__)


class Team:
    """Trains a copy of ``network`` on rows of (m, 784) ``pixels`` with (m,) ``labels``; a context.

    The copy has no weights for pixels that are black in every image: what is multiplied by zero changes nothing, and
    the gradient of such a weight is zero. (Augmentation may put ink there.) ``copy_back`` brings the others home.
    """

    def __init__(
        self,
        config: TrainingConfig,
        network: Network,
        slots: np.ndarray,
        pixels: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        images_left: int,
    ) -> None:
        self._network, self._slots = network, slots
        is_seen = np.ones(PIXELS, bool)
        is_kept = np.ones(network.parameter_count, bool)
        if isinstance(network.layers[0], Dense) and not (config.weight_decay or config.augmentation.is_on):
            is_seen = pixels.max(axis=0) > 0
            network.views(0, is_kept)["W"][~is_seen] = False
        self._kept = is_kept
        lanes = choose_lanes(network, batch_size)
        layout = Layout(
            config=config,
            lanes=lanes,
            images=len(pixels),
            pixels=int(is_seen.sum()),
            capacity=min(batch_size, chunk_size(network)),
        )
        is_worth_it = images_left * 3 * multiplications(network) >= PARTNER_WORK
        self._partner = _hire(layout) if lanes == 2 and (os.cpu_count() or 1) > 1 and is_worth_it else None
        self._cores, self._is_helped = cores(), False
        self._checked = self._resting_until = time.perf_counter()
        self._rest = REST_SECONDS
        self._arena = Arena(layout, self._partner.memory if self._partner else np.zeros(layout.bytes, np.uint8))
        self._lanes = [Lane(layout, self._arena, number) for number in range(lanes)]
        self._arena.labels[:] = labels
        np.compress(is_seen, pixels, axis=1, out=self._arena.images)
        self._arena.parameters[:] = network.parameters[self._kept]
        self._arena.slots[:] = slots[:, self._kept[: slots.shape[1]]]

    def __enter__(self) -> "Team":
        return self

    def __exit__(self, *_: object) -> None:
        if self._partner is not None:
            self._partner.leave()
            keep_to(self._cores)

    def learn(
        self, rows: np.ndarray, start: int, scale: float, step: int, learning_rate: float, passes: int
    ) -> np.ndarray:
        """Learn from the images at ``rows``, at most ``chunk_size``, and return their logits (n, 10), a buffer.

        ``start`` counts the images before them in update ``step`` + 1, ``scale`` is that of a loss in the sum. The last
        call for an update says in ``passes`` how many there were, the others 0; then the parameters move.
        """
        count = len(rows)
        self._arena.rows[:count] = rows
        if self._partner is not None and (self._is_helped or self._begin_help(self._partner)):
            self._partner.begin(count, start, scale, step, learning_rate, passes)
            self._lanes[0].pass_through(count, start, scale, step)
            self._partner.meet()
            self._lanes[0].learn(count, start, step, learning_rate, passes)
            self._partner.finish()
            if self._partner.waited > PATIENCE_SECONDS:
                self._consider_rest(self._partner)
        else:
            for lane in self._lanes:
                lane.pass_through(count, start, scale, step)
            for lane in self._lanes:
                lane.learn(count, start, step, learning_rate, passes)
        return self._arena.logits[:count]

    def _begin_help(self, partner: Partner) -> bool:
        """Have the second process take its lane from now on, if it has started up and is not to rest."""
        now = time.perf_counter()
        if not partner.is_ready or now < self._resting_until:
            return False
        self._is_helped, self._checked, partner.waited = True, now, 0.0
        keep_to(self._cores[::2])  # the partner keeps to the others
        return True

    def copy_back(self) -> None:
        """Bring the network and the optimizer's slots up to date."""
        self._network.parameters[self._kept] = self._arena.parameters
        for slot, trained in zip(self._slots, self._arena.slots, strict=True):
            slot[self._kept[: len(slot)]] = trained

    def _consider_rest(self, partner: Partner) -> None:
        """Where the cores are busy with other things, two processes that wait for each other get less done than one."""
        now = time.perf_counter()
        if partner.waited > WAITING_SHARE * (now - self._checked):
            self._is_helped, self._resting_until = False, now + self._rest
            self._rest = min(2 * self._rest, MAX_REST_SECONDS)
            keep_to(self._cores)
        else:
            self._rest = REST_SECONDS
        self._checked, partner.waited = now, 0.0


def _hire(layout: Layout) -> Partner | None:
    try:
        return Partner(layout)
    except OSError as error:
        log.warning("training goes on in one process, as a second one could not be started: %s", error)
        return None

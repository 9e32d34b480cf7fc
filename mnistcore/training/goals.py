"""When a run has done enough: the validation accuracy that was asked for is reached, or its time is over."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnistcore.training.state import TrainingState

LOOKS = 4  # an epoch, at the validation images, of a run with a target: always at the same steps, on any machine


def next_look(step: int, steps_per_epoch: int) -> int:
    """The first step after this one at which a run with a target is evaluated."""
    every, (epoch, within) = -(-steps_per_epoch // LOOKS), divmod(step, steps_per_epoch)
    return epoch * steps_per_epoch + min(steps_per_epoch, (within // every + 1) * every)


def is_time_over(state: "TrainingState", seconds: float) -> bool:
    """Whether a run that has trained for so long may take no further step."""
    limit = state.config.max_seconds
    return limit is not None and seconds >= limit and not state.images_in_step


def reason_to_end(state: "TrainingState") -> str | None:
    """Why a run ends before its last step, in a sentence; None if it goes on."""
    place = f"at step {state.step:,} of {state.total_steps:,}"
    if state.has_reached_target:
        return f"Reached the target of {100 * (state.config.target_accuracy or 0):g} % on validation {place}."
    if is_time_over(state, state.seconds) and state.step < state.total_steps:
        return f"The {state.config.max_seconds:g} seconds that it was given were over {place}."
    return None

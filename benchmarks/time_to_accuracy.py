"""How long a recipe trains until an epoch ends with a test accuracy, in its own process: prints one JSON object.

python -m benchmarks.time_to_accuracy fast-97 0.97 SEED
"""

import json
import sys
import time

from benchmarks.digits import load_digits
from mnistcore.training import TrainingState, evaluate, recipe
from mnistcore.training.stepper import Stepper


def main() -> None:
    """Train epoch by epoch, looking at the test set after each, off the clock."""
    name, goal, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    dataset = load_digits()
    config = recipe(name).config.model_copy(update={"seed": seed})
    training = evaluating = accuracy = 0.0
    began = time.perf_counter()
    state = TrainingState.begin(config, dataset)
    with Stepper(state) as stepper:
        preparing = time.perf_counter() - began
        while accuracy < goal and state.step < state.total_steps:
            began = time.perf_counter()
            stepper.advance(min(state.steps_per_epoch, state.total_steps - state.step))
            trained = time.perf_counter()
            accuracy = evaluate(state.result, dataset.test_images, dataset.test_labels).accuracy
            training += trained - began
            evaluating += time.perf_counter() - trained
    print(
        json.dumps(
            {
                "seconds": training if accuracy >= goal else None,
                "preparing": preparing,
                "evaluating": evaluating,
                "epochs": state.images_seen / state.train_count,
                "accuracy": accuracy,
            }
        )
    )


if __name__ == "__main__":
    main()

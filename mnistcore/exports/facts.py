"""What a file that is taken home says about the network in it."""

from dataclasses import dataclass

from mnistcore.nn import Network
from mnistcore.nn.outline import outline_network


@dataclass(frozen=True)
class Facts:
    """Where the weights come from: the run, the step after which it had them, and the data that it learned from.

    ``name`` and ``dataset`` are what people have typed. ``test_accuracy`` (0 to 1) is of these very weights; None where
    it was not measured.
    """

    name: str
    run_id: str
    step: int
    dataset: str
    test_accuracy: float | None = None

    @property
    def title(self) -> str:
        """The name as it may stand inside a string or a comment of any language: one line without quotes."""
        return harmless(self.name)

    def sentence(self, network: Network) -> str:
        """`784-128-10, 101,770 parameters, after 4,690 steps on mnist; test accuracy 97.58 %.`"""
        parts = f"{outline_network(network.config)}, {network.parameter_count:,} parameters"
        accuracy = "" if self.test_accuracy is None else f"; test accuracy {100 * self.test_accuracy:.2f} %"
        return f"{parts}, after {self.step:,} steps on {harmless(self.dataset)}{accuracy}."


def harmless(text: str, length: int = 80) -> str:
    """At most ``length`` characters that are seen, none of which ends a string, a comment or a tag."""
    return "".join(letter if letter.isprintable() and letter not in "\"'\\<>&`" else " " for letter in text)[:length]

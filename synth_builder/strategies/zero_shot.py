from synth_builder.strategies.base import Strategy


class ZeroShot(Strategy):
    """The task's description alone, and a request for an example (arXiv 2407.12813, the zero-shot method)."""

    name = "zero_shot"
    papers = ("2407.12813",)

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synth_builder.errors import ScoringError
from synth_builder.scoring.choices import LossName


class CrossEntropy(nn.Module):
    """Cross entropy, averaged over the batch, each row counted by its weight."""

    def forward(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """
        Loss of one batch.

        Args:
            logits (`torch.Tensor` of shape `(batch_size, num_labels)`):
                Scores before the softmax.
            labels (`torch.Tensor` of shape `(batch_size,)`):
                Right label of each row, in `[0, num_labels)`.
            weights (`torch.Tensor` of shape `(batch_size,)`, *optional*):
                Factor of each row's loss. The mean is taken over the rows, not over the sum of the weights, so weights
                of 2 double the loss. Rows weigh 1 when not given.

        Returns:
            `torch.Tensor`: Scalar to call `backward` on.
        """
        losses = F.cross_entropy(logits, labels, reduction="none")
        return (losses if weights is None else losses * weights).mean()


class Focal(nn.Module):
    """
    Focal loss (arXiv 1708.02002): cross entropy times `(1 - p) ** gamma`, with `p` the probability of the right label.

    Rows that the model already gets right with confidence count less. At `gamma` 0 it is the cross entropy.

    Args:
        gamma (`float`, defaults to 1.0):
            How much less; 1.0 is the baseline's value in arXiv 2410.21526.

    Raises:
        ScoringError: `gamma` is below 0 or no number.
    """

    def __init__(self, gamma: float = 1.0) -> None:
        super().__init__()
        _refuse_gamma(gamma)
        self.gamma = gamma

    def forward(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """Arguments and result are those of `CrossEntropy.forward`; the gradient flows through both factors."""
        log_p = F.log_softmax(logits, dim=-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        # -expm1(log p) is 1 - p without loss of digits near p = 1; the floor keeps the power's gradient finite there.
        missing = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny)
        losses = -(missing**self.gamma) * log_p
        return (losses if weights is None else losses * weights).mean()


class _Weighted(nn.Module):
    """
    Cross entropy with weights from checkers.

    Args:
        gamma (`float`, defaults to 1.0):
            Power of the weights; 1.0 is the paper's, 0 makes it the cross entropy.
        max_weight (`float`, *optional*):
            Larger weights are cut to it. The paper cuts none.

    Raises:
        ScoringError: `gamma` is below 0, `max_weight` is not above 0, or one is no number.
    """

    def __init__(self, gamma: float = 1.0, max_weight: float | None = None) -> None:
        super().__init__()
        _refuse_gamma(gamma)
        # `inf` cuts nothing, which is fine; with 0 no row would count.
        if max_weight is not None and not (_is_number(max_weight) and max_weight > 0):
            raise ScoringError(f"max_weight is {max_weight!r}; expected a number above 0, or None to cut no weight.")
        self.gamma = gamma
        self.max_weight = max_weight

    def mean(self, losses: Tensor, log_quality: Tensor, log_diversity: Tensor) -> Tensor:
        """Mean over the rows of each row's loss times its weight."""
        return (importance(log_quality, log_diversity, self.gamma, self.max_weight) * losses).mean()


class Imp(_Weighted):
    """
    IMP loss (arXiv 2410.21526, section 3): cross entropy of each row times `(quality / diversity) ** gamma`.

    `quality` is the probability that a checker trained on a few real rows gives the row's label, `diversity` the one
    of a checker trained on the generated rows: rows count that real data would confirm and that generated data are
    short of. The weights are constants to the gradient, are not clipped and not normalised, and the mean is taken over
    the rows.
    """

    def forward(self, logits: Tensor, labels: Tensor, checkers: Tensor) -> Tensor:
        """
        Loss of one batch.

        Args:
            logits (`torch.Tensor` of shape `(batch_size, num_labels)`):
                Scores before the softmax.
            labels (`torch.Tensor` of shape `(batch_size,)`):
                Label of each row, in `[0, num_labels)`.
            checkers (`torch.Tensor` of shape `(batch_size, 2)`):
                Probability of that label after the quality checker and after the diversity checker, in (0, 1].

        Returns:
            `torch.Tensor`: Scalar to call `backward` on.
        """
        losses = F.cross_entropy(logits, labels, reduction="none")
        log = checkers.detach().float().log()
        return self.mean(losses, log[:, 0], log[:, 1])


class Dimp(_Weighted):
    """
    DIMP loss (arXiv 2410.21526, section 3): cross entropy of each row times `(quality / p) ** gamma`, with `p` the
    probability that the model in training gives the row's label at this step, dropout included. Only the cross entropy
    has a gradient. The paper derives it by a heuristic argument; early in training the weights can be large.
    """

    def forward(self, logits: Tensor, labels: Tensor, checkers: Tensor) -> Tensor:
        """
        Loss of one batch. Arguments and result are those of `Imp.forward`; only the first column of `checkers` is
        read, so `(batch_size, 1)` will do.
        """
        losses = F.cross_entropy(logits, labels, reduction="none")
        quality = checkers[:, 0].detach().float().log()
        return self.mean(losses, quality, -losses.detach().float())


def importance(log_quality: Tensor, log_diversity: Tensor, gamma: float = 1.0, cut: float | None = None) -> Tensor:
    """
    Weights of rows, `(quality / diversity) ** gamma`, computed from logarithms.

    Args:
        log_quality (`torch.Tensor` of shape `(rows,)`):
            Log probability of each row's label after the quality checker.
        log_diversity (`torch.Tensor` of shape `(rows,)`):
            The same after the diversity checker, or after the model in training.
        gamma (`float`, defaults to 1.0):
            Power of the weights.
        cut (`float`, *optional*):
            Larger weights are cut to it; none is when not given.

    Returns:
        `torch.Tensor` of shape `(rows,)`: Positive weights, without a gradient.
    """
    weights = ((log_quality - log_diversity).detach() * gamma).exp()
    return weights if cut is None else weights.clamp_max(cut)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_gamma(gamma: float) -> None:
    # A negative power would turn around which rows count.
    if not (_is_number(gamma) and 0 <= gamma < math.inf):
        raise ScoringError(f"gamma is {gamma!r}; expected a number of at least 0; 0 makes it the cross entropy.")


LOSSES: dict[LossName, type[nn.Module]] = {"cross_entropy": CrossEntropy, "focal": Focal, "imp": Imp, "dimp": Dimp}

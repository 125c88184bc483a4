import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
    """

    def __init__(self, gamma: float = 1.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
        """Arguments and result are those of `CrossEntropy.forward`; the gradient flows through both factors."""
        log_p = F.log_softmax(logits, dim=-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        # -expm1(log p) is 1 - p without loss of digits near p = 1; the floor keeps the power's gradient finite there.
        missing = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).tiny)
        losses = -(missing**self.gamma) * log_p
        return (losses if weights is None else losses * weights).mean()


LOSSES: dict[LossName, type[nn.Module]] = {"cross_entropy": CrossEntropy, "focal": Focal}

import inspect
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


class MeanPooled(nn.Module):
    """
    An encoder, and the mean of its last layer over the tokens: a vector for each row.

    Args:
        encoder (`PreTrainedModel`):
            What `AutoModel` gives. Its own pooling layer is taken away, in place.
    """

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        # BERT and its kin bring a layer over the first token that is not used here: untrained weights would only be
        # carried along, and several processes would wait for their gradients.
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # type: ignore[assignment]
        self.encoder = encoder
        self._accepted = frozenset(inspect.signature(encoder.forward).parameters)

    def forward(self, **inputs: Tensor) -> Tensor:
        """
        Vectors of rows.

        Args:
            inputs (`torch.Tensor` of shape `(batch_size, length)`):
                `input_ids`, `attention_mask`, and what else the tokenizer gives; what the encoder does not take is
                left out.

        Returns:
            `torch.Tensor` of shape `(batch_size, hidden_size)`: The means.
        """
        hidden: Tensor = self.encoder(**{k: v for k, v in inputs.items() if k in self._accepted}).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return (hidden * mask).sum(dim=1) / mask.sum(dim=1)


class TextClassifier(MeanPooled):
    """
    An encoder, the mean of its last layer over the tokens, dropout, and one linear layer.

    Args:
        encoder (`PreTrainedModel`):
            What `AutoModel` gives. It is trained in place.
        num_labels (`int`):
            Labels of the task.
        dropout (`float`, defaults to 0.1):
            Share of the pooled features that is dropped while training.
    """

    def __init__(self, encoder: PreTrainedModel, num_labels: int, dropout: float = 0.1) -> None:
        super().__init__(encoder)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(encoder.config.hidden_size, num_labels)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    @property
    def num_labels(self) -> int:
        """Labels of the task."""
        return self.head.out_features

    def forward(self, **inputs: Tensor) -> Tensor:
        """
        Scores of the labels.

        Args:
            inputs (`torch.Tensor` of shape `(batch_size, length)`):
                What `MeanPooled` takes.

        Returns:
            `torch.Tensor` of shape `(batch_size, num_labels)`: Scores before the softmax.
        """
        logits: Tensor = self.head(self.dropout(super().forward(**inputs)))
        return logits

    def parameter_groups(
        self, learning_rate: float, head_learning_rate: float, weight_decay: float
    ) -> list[dict[str, Any]]:
        """
        The weights as AdamW takes them: the new layer has its own rate, biases and norms have no decay.

        Args:
            learning_rate (`float`):
                Peak rate of the encoder.
            head_learning_rate (`float`):
                Peak rate of the linear layer.
            weight_decay (`float`):
                Decay of the weight matrices.

        Returns:
            `list[dict[str, Any]]`: Every trainable weight in exactly one group.
        """
        groups: list[dict[str, Any]] = []
        for module, rate in ((self.encoder, learning_rate), (self.head, head_learning_rate)):
            weights = [weight for weight in module.parameters() if weight.requires_grad]
            matrices = [weight for weight in weights if weight.ndim > 1]
            vectors = [weight for weight in weights if weight.ndim <= 1]
            groups.append({"params": matrices, "lr": rate, "weight_decay": weight_decay})
            groups.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
        return groups


def seeded_classifier(encoder: PreTrainedModel, num_labels: int, dropout: float, seed: int) -> TextClassifier:
    """
    A classifier over `encoder` with a linear layer that the seed fixes; the global random state stays as it was.

    The encoder itself is not copied: give a copy when it is needed again.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return TextClassifier(encoder, num_labels, dropout)

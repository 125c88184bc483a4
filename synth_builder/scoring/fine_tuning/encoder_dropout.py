import copy

import torch
from torch import nn
from transformers import PreTrainedModel

from synth_builder.errors import ScoringError

OTHERS = ("classifier_", "classif_", "qa_", "summary_", "head_", "cls_")
"""In names of a config, what belongs to layers that come after an encoder and are not used here."""


def with_dropout(encoder: PreTrainedModel, share: float, called: str) -> PreTrainedModel:
    """
    A copy of an encoder with another dropout in all of its layers, also where it has none as yet.

    Some encoders read their dropout from the config when they are made, and leave the layer out where it is 0: so the
    copy is made anew from a config with other shares, and takes over the weights.

    Args:
        encoder (`PreTrainedModel`):
            What `AutoModel` gives. It stays as it is.
        share (`float`):
            Share that is dropped while training, in `[0, 1)`.
        called (`str`):
            What messages call the encoder.

    Raises:
        ScoringError: Its config has no dropout.
    """
    config = copy.deepcopy(encoder.config)
    names = [
        name
        for name, value in config.to_dict().items()
        if ("dropout" in name or name.endswith("pdrop"))
        and not any(other in name for other in OTHERS)
        and isinstance(value, float | int)
        and not isinstance(value, bool)
    ]
    if not names:
        raise ScoringError(
            f"encoder_dropout is {share:g}, and the config of the encoder {called!r} has no dropout to set; "
            "leave it out, or take another encoder."
        )
    for name in names:
        setattr(config, name, float(share))
    with torch.random.fork_rng(devices=[]):  # weights are drawn, and then taken from the encoder
        made = type(encoder)(config)
    # Nothing but a pooling layer may be missing: it is not used here, and may have been taken away.
    missing, unexpected = made.load_state_dict(encoder.state_dict(), strict=False)
    lost = [*unexpected, *(name for name in missing if not name.startswith("pooler."))]
    if lost:
        raise ScoringError(
            f"encoder_dropout is {share:g}, and the encoder {called!r} can't be made anew from its config: "
            f"{', '.join(lost[:3])} would be lost; leave it out, or take another encoder."
        )
    nn.Module.to(made, encoder.dtype)
    return made

from pydantic import BaseModel, ConfigDict, Field


class Hyperparameters(BaseModel):
    """
    How a classifier is trained; the same for every regime, so that only the rows make the difference.

    The defaults were chosen for 100 to 1,000 rows and all-MiniLM-L6-v2, on validation rows of SST-2 (never its test
    rows). With 100 rows, four epochs are 28 steps, too few for the new layer to settle: a floor of 100 steps and a
    rate ten times the encoder's for that layer are clearly better. Twice the encoder's rate is worse and spreads the
    seeds wider; half of it makes no difference.

    Early stopping is off: with few rows, those of the validation part are missed more than the best epoch is worth. On
    the same validation rows, three seeds each, a part of 0.2 with a patience of 3 gave 0.69 instead of 0.75 with 100
    training rows, and 0.79 instead of 0.81 with 500; a patience of 6 changed nothing with 100.

    Args:
        learning_rate (`float`, defaults to 1e-4):
            Peak of the encoder's rate.
        head_learning_rate (`float`, defaults to 1e-3):
            Peak of the rate of the new, linear layer.
        epochs (`int`, defaults to 4):
            Passes over the training rows.
        min_steps (`int`, defaults to 100):
            Optimizer steps that a small training set gets at least: it is passed over more often.
        batch_size (`int`, defaults to 16):
            Rows of one optimizer step, over all processes.
        weight_decay (`float`, defaults to 0.01):
            AdamW's decay of weight matrices; biases and norms have none.
        warmup_ratio (`float`, defaults to 0.1):
            Share of the steps in which the rate rises to its peak; it falls to 0 in the others, linearly.
        max_grad_norm (`float`, defaults to 1.0):
            Gradients with a greater norm are scaled down to it.
        dropout (`float`, defaults to 0.1):
            Share of the pooled features that is dropped before the linear layer.
        encoder_dropout (`float`, *optional*):
            Share that is dropped in the layers of the encoder, attention included. What its own config says when not
            given, which is 0.1 for most; without any dropout it takes 0 here and for `dropout`.
        max_length (`int`, defaults to 256):
            Tokens of a row, or of both texts of a pair; longer ones are cut, the longer text of a pair first.
        bucket_batches (`int`, defaults to 16):
            Rows are shuffled, and then sorted by length within so many batches at a time: little padding, yet batches
            that differ from epoch to epoch. With 500 rows, 8 gave 0.813 and 16 gave 0.816 on the validation rows.
        validation_share (`float`, defaults to 0.0):
            Share of the training rows, stratified by label, that is not trained on: the loss on them, measured once an
            epoch, says when to stop and which weights to keep. 0 trains on all rows to the end.
        patience (`int`, defaults to 3):
            Evaluations in a row without a new least validation loss after which training stops.
        gradient_accumulation_steps (`int`, defaults to 1):
            Parts in which the rows of a step go through the encoder, one after the other: less memory, the same step.
            Other than in `transformers.TrainingArguments`, `batch_size` is what all of them have together.
        compile (`bool`, defaults to `False`):
            Whether `torch.compile` compiles the encoder. It takes a compiler and a while.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    learning_rate: float = Field(default=1e-4, gt=0)
    head_learning_rate: float = Field(default=1e-3, gt=0)
    epochs: int = Field(default=4, ge=1)
    min_steps: int = Field(default=100, ge=0)
    batch_size: int = Field(default=16, ge=1)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    encoder_dropout: float | None = Field(default=None, ge=0, lt=1)
    max_length: int = Field(default=256, ge=8)
    bucket_batches: int = Field(default=16, ge=1)
    validation_share: float = Field(default=0.0, ge=0, lt=0.5)
    patience: int = Field(default=3, ge=1)
    gradient_accumulation_steps: int = Field(default=1, ge=1)
    compile: bool = False


class ProbeHyperparameters(BaseModel):
    """
    How the logistic regression on sentence embeddings is fitted. In cross-validation on the 125 train rows of
    customer_messages, values of `inverse_penalty` from 0.001 to 0.03 differed by less than three points, less being
    slightly better, and greater values were worse; 0.01 leaves larger sets some freedom.

    Args:
        inverse_penalty (`float`, defaults to 0.01):
            scikit-learn's `C`, for features of unit variance.
        max_iterations (`int`, defaults to 1000):
            Of the optimizer, at most.
        max_length (`int`, defaults to 256):
            Tokens of a row, or of both texts of a pair; longer ones are cut.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    inverse_penalty: float = Field(default=0.01, gt=0)
    max_iterations: int = Field(default=1000, ge=1)
    max_length: int = Field(default=256, ge=8)


class SetFitHyperparameters(BaseModel):
    """
    How the encoder is trained on pairs of rows, and how the logistic regression is fitted. The defaults are those of
    the paper (arXiv 2209.11055, section 4: 20 pairs of each kind a row, one epoch, batches of 16) and of the package
    `setfit`.

    Args:
        num_iterations (`int`, defaults to 20):
            For each row, pairs with a row of its label, and as many with a row of another one.
        batch_size (`int`, defaults to 16):
            Pairs of a step.
        learning_rate (`float`, defaults to 2e-5):
            Peak of the encoder's rate.
        warmup_ratio (`float`, defaults to 0.1):
            Share of the steps in which the rate rises.
        max_length (`int`, defaults to 256):
            Tokens of a row; longer ones are cut.
        inverse_penalty (`float`, defaults to 1.0):
            scikit-learn's `C`.
        max_iterations (`int`, defaults to 1000):
            Of the regression's optimizer, at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    num_iterations: int = Field(default=20, ge=1)
    batch_size: int = Field(default=16, ge=1)
    learning_rate: float = Field(default=2e-5, gt=0)
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    max_length: int = Field(default=256, ge=8)
    inverse_penalty: float = Field(default=1.0, gt=0)
    max_iterations: int = Field(default=1000, ge=1)


class TfidfHyperparameters(BaseModel):
    """
    How words and characters are counted, and how the logistic regression on them is fitted.

    Args:
        word_ngrams (`tuple[int, int]`, defaults to `(1, 2)`):
            Shortest and longest sequence of words.
        character_ngrams (`tuple[int, int]`, defaults to `(3, 5)`):
            Shortest and longest sequence of characters, within words.
        most_features (`int`, defaults to 200,000):
            Sequences of each kind and column, the most frequent ones.
        inverse_penalty (`float`, defaults to 3.0):
            scikit-learn's `C`.
        max_iterations (`int`, defaults to 1000):
            Of the optimizer, at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    word_ngrams: tuple[int, int] = (1, 2)
    character_ngrams: tuple[int, int] = (3, 5)
    most_features: int = Field(default=200_000, ge=1)
    inverse_penalty: float = Field(default=3.0, gt=0)
    max_iterations: int = Field(default=1000, ge=1)


MethodHyperparameters = Hyperparameters | ProbeHyperparameters | SetFitHyperparameters | TfidfHyperparameters

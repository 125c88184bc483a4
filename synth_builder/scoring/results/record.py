from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A part of a results file: it does not change any more, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

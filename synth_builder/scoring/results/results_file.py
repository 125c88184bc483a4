import json
from pathlib import Path
from typing import ClassVar, Self

from pydantic import ValidationError

from synth_builder.errors import ScoringError
from synth_builder.scoring.results.record import Record


class ResultsFile(Record):
    """A results file of one variant. A kind of it says what messages call it, what wrote it, and what to do again."""

    called: ClassVar[str]
    written_by: ClassVar[str]
    again: ClassVar[str]

    def write(self, path: Path) -> None:
        """Write the file, and the folder that it is in when it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json_text(self.model_dump(mode="json")) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read a file that `write` wrote.

        Raises:
            ScoringError: It is no such file, or one of another version of the form.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ValidationError) as error:
            raise ScoringError(
                f"{str(path)!r} can't be read as {cls.called}: {error}\nExpected a file that `{cls.written_by}` "
                f"wrote; {cls.again}."
            ) from error


def json_text(value: object) -> str:
    """JSON as results files hold it: indented, letters as they are."""
    return json.dumps(value, indent=2, ensure_ascii=False)

from dataclasses import dataclass
from pathlib import Path

RESULTS = "results.json"


@dataclass(frozen=True)
class StudyFolder:
    """
    Where everything of a study lies.

    Args:
        path (`Path`):
            The folder.
    """

    path: Path

    @property
    def study(self) -> Path:
        """The study as resolved."""
        return self.path / "study.yaml"

    def release(self, task: str) -> Path:
        """The release of a task."""
        return self.path / "releases" / task

    def scores(self, task: str, classifier: str) -> Path:
        """Scores of all variants of a task by one classifier, with every prediction."""
        return self.path / "scores" / task / f"{classifier.replace('/', '--').replace(' ', '_')}.json"

    def diversity(self, task: str) -> Path:
        """Measures of all variants of a task."""
        return self.path / "diversity" / f"{task}.json"

    def skill(self, task: str) -> Path:
        """What the language model answered about a task's test rows: journal and results."""
        return self.path / "language_model" / task

    @property
    def cache(self) -> Path:
        """Embeddings and finished trainings: what makes a study go on where it was stopped."""
        return self.path / "cache"

    @property
    def locks(self) -> Path:
        """What processes are at."""
        return self.path / "cache" / "locks"

    def log(self, process: int) -> Path:
        """What one of several processes has to say."""
        return self.cache / f"job-{process}.log"

    @property
    def results(self) -> Path:
        """Everything that was found."""
        return self.path / RESULTS

    @property
    def table(self) -> Path:
        """The same for each training, as a table."""
        return self.path / "results.parquet"

    @property
    def tables(self) -> Path:
        """Folder of the tables, as Markdown and LaTeX."""
        return self.path / "tables"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """One page to read from top to bottom."""
        return self.path / "report.html"

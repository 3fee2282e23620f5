from pydantic import BaseModel, Field


class RowProblem(BaseModel):
    """What is wrong with one row of a file."""

    row: int
    """The line on which it starts."""
    code: str
    reason: str


class IngestReport(BaseModel):
    """What became of every row: read = added + updated + unchanged + rejected."""

    read: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[RowProblem] = Field(default_factory=list)
    warnings: list[RowProblem] = Field(default_factory=list)
    """Cells that were left out of rows that were kept."""
    ignored_columns: list[str] = Field(default_factory=list)
    rows_per_second: float = 0

"""Keeps one answer in the hub's database, which outlives its pod whatever database it is."""

from dataclasses import dataclass

from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

_ANSWERS = Table("platform_answers", MetaData(), Column("url", String(255), primary_key=True), Column("text", Text))


@dataclass
class KeptAnswer:
    db: Session
    url: str
    """Who gave it."""

    def __post_init__(self) -> None:
        _ANSWERS.metadata.create_all(self.db.connection())
        self.db.commit()

    def load(self) -> str | None:
        return self.db.scalar(select(_ANSWERS.c.text).where(_ANSWERS.c.url == self.url))

    def save(self, text: str) -> None:
        # The hub has one session for everything, and commits it whenever anybody is done.
        try:
            self.db.execute(delete(_ANSWERS).where(_ANSWERS.c.url == self.url))
            self.db.execute(insert(_ANSWERS).values(url=self.url, text=text))
            self.db.commit()
        except SQLAlchemyError as error:
            self.db.rollback()
            raise OSError(f"the database does not take it ({type(error).__name__})") from error

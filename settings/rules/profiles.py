"""What users choose from."""

from collections.abc import Iterator

from settings.problems import Problem
from settings.root import Settings


def profiles_are_told_apart(settings: Settings) -> Iterator[Problem]:
    seen: set[str] = set()
    titles: set[str] = set()
    for position, profile in enumerate(settings.users.profiles):
        if profile.name in seen:
            yield Problem(
                f"users.profiles.{position}.name",
                f"{profile.name!r} stands twice, so a choice would be ambiguous; give each profile a name of its own",
            )
        if profile.title in titles:
            yield Problem(
                f"users.profiles.{position}.title",
                f"{profile.title!r} stands twice, so nobody could tell the choices apart; give each a title of its own",
            )
        seen.add(profile.name)
        titles.add(profile.title)


RULES = (profiles_are_told_apart,)

"""The one way the lab fails on purpose."""


class Problem(Exception):  # noqa: N818 - it is shown to a person, and reads better so
    """What is wrong and what to do about it, in words for the person at the terminal."""

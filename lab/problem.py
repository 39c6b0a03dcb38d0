"""The one way the lab fails on purpose."""


class Problem(Exception):
    """What is wrong and what to do about it, in words for the person at the terminal."""

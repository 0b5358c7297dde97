"""What the benchmark calls."""

from __future__ import annotations

from collections.abc import Iterable


def square(x: int) -> int:
    """Returns a square."""
    return x * x


def squares(numbers: Iterable[int]) -> list[int]:
    """Returns the squares of numbers."""
    return [square(x) for x in numbers]

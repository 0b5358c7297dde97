"""What the benchmark calls."""


def square(x: int) -> int:
    """Returns a square."""
    return x * x

from math import ceil


def quantile(values, q):
    """Nearest rank, so that every quantile is a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, ceil(q * len(ordered)) - 1)] if ordered else None

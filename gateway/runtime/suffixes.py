"""The Public Suffix List, as the package `publicsuffixlist` brings it along."""

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _known() -> PublicSuffixList:
    # Read when the first company asks: it takes a few megabytes.
    return PublicSuffixList(accept_unknown=False)


def is_public_suffix(domain: str) -> bool:
    """Say whether everybody may register names below a domain, in A-labels."""
    return _known().is_public(domain)

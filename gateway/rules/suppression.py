"""When full mailboxes get no more mail (contract §4); all else is in `rules.bounces`."""

from datetime import timedelta

FULL_WITHIN = timedelta(days=7)
FULL_TIMES = 3

"""The line of a terminal that shows how far long work is."""

import io

from gateway.cli.progress import Bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_drawn_anew_only_if_it_looks_different_and_wiped_away():
    out = Terminal()
    with Bar(out) as bar:
        for done in (0, 1, 50_000, 50_001, 100_000):
            bar.show("Reading", done, 100_000)
    drawn = out.getvalue().split("\r\x1b[K")
    assert [line[-5:] for line in drawn[1:]] == ["  0 %", " 50 %", "100 %", ""]
    assert drawn[2].count("█") == drawn[2].count("░") == 15


def test_nothing_to_do_is_done():
    out = Terminal()
    Bar(out).show("Reading", 0, 0)
    assert out.getvalue().endswith("100 %")


def test_a_file_gets_no_bar():
    out = io.StringIO()
    with Bar(out) as bar:
        bar.show("Reading", 1, 2)
    assert out.getvalue() == ""

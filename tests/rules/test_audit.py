import pytest

from gateway.rules.audit import compared, prefix_of


@pytest.mark.parametrize(
    ("secret", "prefix"),
    [
        pytest.param("pr_live_" + "a2" * 20, "pr_live_a2a2", id="of a company"),
        pytest.param("pr_admin_" + "z7" * 20, "pr_admin_z7z7", id="of an admin"),
        pytest.param("pr_live_abcd", "", id="short"),
        pytest.param("the-fixed-admin-key", "", id="chosen by a person"),
        pytest.param("pr_live_" + "a2" * 20 + "\n", "", id="more behind it"),
    ],
)
def test_a_prefix_is_told_only_of_keys_that_were_made_here(secret, prefix):
    assert prefix_of(secret) == prefix


def test_values_are_told_of_harmless_fields_alone():
    changed = compared(
        {"a": 1, "b": "old", "c": 3}, {"a": 2, "b": "new", "c": 3, "d": 4}, {"a", "c", "d"}
    )
    assert (changed.fields, changed.before, changed.after) == (
        ("a", "b", "d"),
        {"a": 1},
        {"a": 2, "d": 4},
    )

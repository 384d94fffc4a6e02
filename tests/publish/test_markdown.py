"""What a value says stays in its cell of a Markdown table."""

from stancebank.publish.card.statistics import markdown_table


def test_a_reason_with_line_ends_forges_no_heading_and_a_name_no_html() -> None:
    values = ("asked\n# Heading\r\n\n| a |", "<!-- /computed -->", "<script>x</script> a < b \u202egnp")
    table = markdown_table(("a", "b", "c"), [values])
    assert table.count("\n") == 3
    assert "\n#" not in table
    assert "<!--" not in table
    assert "<script" not in table
    assert "a < b" in table
    assert "\u202e" not in table
    assert "asked # Heading \\| a \\|" in table

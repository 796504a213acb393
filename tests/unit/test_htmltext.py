"""Text of HTML: what a person would read, and nothing that runs, loads or hides."""

from __future__ import annotations

import time

import pytest

from odoo_client.live.html_to_text import MAX_HTML_CHARS, SHORTENED, text_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain words", "plain words"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>power</li><li>LOS</li></ul>", "• power\n• LOS"),
        ("<p>Since <i>Monday</i>,\n  at   night</p>", "Since Monday, at night"),
        ("<p>&lt;b&gt; 5 &amp; 6&nbsp;Mbps</p>", "<b> 5 & 6 Mbps"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ("<pre>a\nb</pre>", "a\nb"),
        ('<img alt="Speed test" src="x">', "[Speed test]"),
        ("<p>تعذر الاتصال</p>", "تعذر الاتصال"),
    ],
)
def test_what_is_read_stands_line_by_line(html: str, text: str):
    assert text_of(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>Seen",
        "<SCRIPT src=x>alert(1)</SCRIPT >Seen",
        "<style>p{display:none}</style>Seen",
        "<script><script>alert(1)</script></script>Seen",
        "<iframe srcdoc='<p>hidden</p>'>hidden</iframe>Seen",
        "<svg><script>alert(1)</script><text>hidden</text></svg>Seen",
        "<!-- hidden -->Seen",
        "<!-- hidden > hidden --><!doctype html><?xml hidden?>Seen",
        "<head><title>hidden</title><meta x=y></head><body>Seen</body>",
        "Seen<a href='never closed>hidden",
        "<p title=don't x='a > b'>Seen</p>",
        "Seen<!-- hidden",
        "<template><p>hidden</p></template>Seen",
        "Seen<script>alert(1)",
    ],
)
def test_what_is_not_seen_is_not_read(html: str):
    assert text_of(html) == "Seen"


def test_a_link_keeps_its_address_unless_it_says_it_or_could_run():
    assert text_of('<a href="https://afinet.example/pay">how to pay</a>') == "how to pay (https://afinet.example/pay)"
    assert text_of('<a href="https://afinet.example">https://afinet.example</a>') == "https://afinet.example"
    assert text_of('<a href="javascript:alert(1)">click</a>') == "click"
    assert text_of('<a href=" JaVaScRiPt:alert(1)">click</a>') == "click"
    assert text_of('<a href="data:text/html,x">click</a>') == "click"


def test_characters_that_turn_or_hide_text_are_dropped():
    assert text_of("invoice\u202egpj.exe\x00\u200b") == "invoicegpj.exe"


def test_a_long_text_is_shortened_and_says_so():
    assert text_of("<p>" + "x" * 50 + "</p>", max_chars=10) == "x" * 10 + SHORTENED
    whole = text_of("y" * (MAX_HTML_CHARS + 1), max_chars=10**9)
    assert whole.endswith(SHORTENED)


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<a href='https://x.example'>",
        "<!--",
        "<![",
        "<!x",
        "<?",
        "&",
        "<",
        "</p",
        "<a x='",
        '<a x="',
        "</a ",
        "<script>",
        "<a ",
        "<a></a>",
        "<a href=https://x>y</a>",
        "<svg></math>",
    ],
)
def test_a_mangled_or_endless_text_ends_soon(piece: str):
    started = time.monotonic()
    text_of(piece * 40_000)
    assert time.monotonic() - started < 2

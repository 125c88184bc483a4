import base64
import re
from pathlib import Path
from typing import Any

import pytest

from synth_builder.errors import MissingExtraError, ReleaseError
from synth_builder.releases.card.card_page import card_page
from synth_builder.releases.folder import ReleaseFolder

pytest.importorskip("markdown_it")
pytest.importorskip("nh3")

CARD = """---
pretty_name: A <b>name</b>
license: mit
task_categories:
- text-classification
---

<!-- computed: summary: begin -->

# A title

See [below](#what-it-is-worth), [there](https://example.org/a) and [nowhere](javascript:alert(1)).

## What it is `worth`?

| a | b |
|---|---:|
| 1 | <script>alert(1)</script>2 |

## What it is worth

<details>
<summary>More</summary>

```jinja
{% block a %}<script>x</script>{% endblock %}
```

</details>

<picture>
<source media="(prefers-color-scheme: dark)" srcset="pictures/a-labels-dark.png">
<img src="pictures/a-labels-light.png" width="800" alt="three &quot;rows&quot;" onerror="alert(1)">
</picture>

<img src="https://example.org/x.png"><iframe src="https://example.org"></iframe><form action="x"><input></form>
<p style="position:fixed">covers</p><table><tr><td style="position:fixed">t</td></tr></table>
<p><a href="data:text/html,x">d</a><a href="javascript:x">j</a><style>body{}</style></p>
"""


@pytest.fixture
def release(tmp_path: Path) -> ReleaseFolder:
    release = ReleaseFolder(tmp_path / "out")
    for theme in ("light", "dark"):
        release.picture("a", "labels", theme).parent.mkdir(parents=True, exist_ok=True)
        release.picture("a", "labels", theme).write_bytes(theme.encode())
    release.card.write_text(CARD, encoding="utf-8")
    return release


def test_markdown_becomes_a_page_with_its_pictures_inside(release: ReleaseFolder) -> None:
    page = card_page(release)
    light, dark = (base64.b64encode(theme).decode() for theme in (b"light", b"dark"))
    assert f'<img src="data:image/png;base64,{light}" width="800" alt="three &quot;rows&quot;">' in page
    assert f'srcset="data:image/png;base64,{dark}"' in page and "(prefers-color-scheme: dark)" in page
    assert '<h2 id="what-it-is-worth">' in page and '<h2 id="what-it-is-worth-1">' in page
    assert '<a href="#what-it-is-worth"' in page and '<a href="https://example.org/a"' in page
    assert '<td style="text-align:right">2</td>' in page and '<div class="table"><table>' in page
    assert "<summary>More</summary>" in page
    assert "{% block a %}&lt;script&gt;x&lt;/script&gt;{% endblock %}" in page
    assert "<span>license: mit</span>" in page and "<title>A &lt;b&gt;name&lt;/b&gt;</title>" in page
    assert "<!--" not in page


def test_nothing_in_a_card_runs_or_reaches_out(release: ReleaseFolder) -> None:
    page = card_page(release)
    body = page.partition("<body>")[2]
    for forbidden in (
        "<script",
        "onerror",
        "<iframe",
        "<form",
        "<input",
        '="javascript:',
        "data:text",
        "position:fixed",
    ):
        assert forbidden not in body, forbidden
    assert body.count("<style") == 0
    # What is still named is not loaded: the page allows itself pictures that are in it, and nothing else.
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page
    assert re.findall(r'(?:src|srcset|href)="(?!data:image|#|https://example\.org)', page) == []


def test_a_card_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="can't be read"):
        card_page(ReleaseFolder(tmp_path))


@pytest.mark.parametrize("package", ["markdown_it", "nh3"])
def test_without_the_extra_it_says_how_to_get_it(
    release: ReleaseFolder, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules: dict[str, Any] = __import__("sys").modules
    monkeypatch.setitem(modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'synth-builder\[pictures\]'"):
        card_page(release)

"""A bar chart as SVG text, readable on a light and on a dark page."""

from collections.abc import Mapping
from html import escape

_WIDTH, _NAMES, _BARS, _ROW, _TOP = 720, 150, 430, 30, 44
_TEXT, _OURS, _PEER = "#6e7781", "#2f81f7", "#9aa4b0"  # in contrast to white and to black


def bar_chart(title: str, bars: Mapping[str, tuple[float, str]], ours: str, note: str = "") -> str:
    """Return a horizontal bar for each name, as long as its value.

    Args:
        title: stands above, and is read to those who cannot see the chart.
        bars: for each name its value and the text at the bar's end.
        ours: the name of the bar that stands out.
        note: stands below.
    """
    longest = max(value for value, _ in bars.values())
    height = _TOP + _ROW * len(bars) + (26 if note else 4)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" font-size="14" fill="{_TEXT}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<text x="0" y="20" font-weight="600">{escape(title)}</text>',
    ]
    for number, (name, (value, text)) in enumerate(bars.items()):
        top = _TOP + _ROW * number
        width = max(1, _BARS * value / longest)
        color, weight = (_OURS, "600") if name == ours else (_PEER, "400")
        lines += [
            f'<text x="{_NAMES - 10}" y="{top + 16}" text-anchor="end" font-weight="{weight}">'
            f"{escape(name)}</text>",
            f'<rect x="{_NAMES}" y="{top}" width="{width:.1f}" height="22" rx="2" fill="{color}"/>',
            f'<text x="{_NAMES + width + 8:.1f}" y="{top + 16}" font-weight="{weight}">{escape(text)}</text>',
        ]
    if note:
        lines.append(f'<text x="{_NAMES}" y="{height - 8}" font-size="12">{escape(note)}</text>')
    return "\n".join([*lines, "</svg>", ""])

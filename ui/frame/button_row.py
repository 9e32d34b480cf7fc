"""A row of buttons of which every click counts, however quickly one follows another.

Streamlit's own button sends a flag: two that arrive before the page runs again count as one, and of eight clicks
40 ms apart four to seven were left. Here the browser keeps all clicks of the session and always sends them all, until
the page has confirmed as many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

JS = """
export default function ({ data, parentElement, setStateValue }) {
  const row = parentElement.querySelector(".row");
  // Kept by the window, with the function that sends: the row may be redrawn between two clicks.
  const made = ((window.rowClicks ??= {})[data.token] ??= { kinds: [] });
  made.send = () => setStateValue("made", { token: data.token, kinds: [...made.kinds] });
  for (const { kind, label, help, disabled } of data.buttons) {
    let button = row.querySelector(`[data-kind="${kind}"]`);
    if (!button) {
      button = row.appendChild(document.createElement("button"));
      button.type = "button";
      button.dataset.kind = kind;
    }
    button.onclick = () => { made.kinds.push(kind); made.send(); };
    button.textContent = label;
    button.title = help;
    button.disabled = disabled;
  }
  if (made.kinds.length > data.done) made.send();
}
"""
CSS = """
.row { display: flex; flex-wrap: wrap; gap: 0.4rem; font-family: var(--st-font); }
button { font: inherit; font-size: 0.875rem; min-height: 2rem; padding: 0.15rem 0.6rem; cursor: pointer;
         color: var(--st-text-color); background: var(--st-background-color);
         border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:active { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { color: inherit; border-color: var(--st-border-color); opacity: 0.4; cursor: not-allowed; }
@media (pointer: coarse) { button { min-height: 2.5rem; padding: 0.25rem 0.75rem; } }
"""


def button_row(
    key: str,
    label: str,
    buttons: Sequence[Mapping[str, Any]],
    token: str,
    done: int,
    css: str = "",
    **layout: Any,
) -> None:
    """Draw the row that `label` describes; the next run's `row_clicks` returns what was clicked in it.

    buttons: each with a kind, a label, a help text, and whether it is disabled. token: tells these clicks from those of
    another row or session. done: how many clicks have been dealt with. css, layout: what is different in this row.
    """
    html = f'<div class="row" role="group" aria-label="{escape(label)}"></div>'
    row = st.components.v2.component(key.partition("#")[0], html=html, css=CSS + css, js=JS)
    data = {"buttons": list(buttons), "token": token, "done": done}
    row(key=key, data=data, on_made_change=lambda: None, **layout)


def row_clicks(key: str, token: str) -> list[str]:
    """The kinds of all buttons clicked in the row, in order, including those dealt with already."""
    state: Any = st.session_state.get(key)
    made = state.get("made") if isinstance(state, Mapping) else None
    if not isinstance(made, Mapping) or made.get("token") != token:
        return []  # a browser that comes back to a restarted server brings clicks of another session
    return list(made.get("kinds") or ())

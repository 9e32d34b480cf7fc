"""A quiet line at the foot of the page while the server does not answer: else a live view would just stand still."""

from __future__ import annotations

import json

import streamlit as st

# It asks for itself, since a socket whose other end has gone silent counts as open for minutes. The line takes the
# page's own colours, which the visitor may change. The page needs no reloading: Streamlit connects again.
SCRIPT = """
<script>
(() => {
  if (window.connectionIsWatched) return;
  window.connectionIsWatched = true;
  const address = __ADDRESS__, pause = 3000, patience = 8000;
  let answered = new Date(), line = null;

  function show() {
    if (line) return;
    const page = getComputedStyle(document.querySelector('[data-testid="stApp"]') ?? document.body);
    line = document.createElement('div');
    line.setAttribute('role', 'status');
    line.id = 'no-connection';
    line.textContent = `No connection to the server since ${answered.toLocaleTimeString('en-GB')}. `
      + 'What you see is from then; the page updates once the connection is back.';
    line.style.cssText = 'position:fixed;left:0;right:0;bottom:0;z-index:1000000;padding:.6rem 1rem;'
      + 'text-align:center;font-size:.875rem;border-top:1px solid rgba(128,128,128,.4)';
    Object.assign(line.style, {
      background: page.backgroundColor, color: page.color, fontFamily: page.fontFamily
    });
    document.body.append(line);
  }

  function hide() {
    answered = new Date();
    line?.remove();
    line = null;
  }

  function isConnected() {  // Streamlit's own socket
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
    return state === undefined || state === 'CONNECTED';
  }

  async function look() {
    try {
      const answer = await fetch(address, {cache: 'no-store', signal: AbortSignal.timeout(patience)});
      if (answer.ok && isConnected()) hide(); else show();
    } catch {
      show();
    }
  }

  async function follow() {
    await look();
    setTimeout(follow, pause);
  }

  addEventListener('offline', show);
  addEventListener('online', look);
  follow();
})();
</script>
"""


def watch_connection() -> None:
    """Begin to watch, once a page load; a rerun changes nothing."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"/{base}/_stcore/health" if base else "/_stcore/health"
    st.html(SCRIPT.replace("__ADDRESS__", json.dumps(address)), unsafe_allow_javascript=True)

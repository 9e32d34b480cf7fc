"""Whether MNIST is here, being downloaded, or one click away; the page never waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.data import find_mnist, mnist_download, mnist_notice
from ui.frame.follow import follow

if TYPE_CHECKING:
    from mnistcore.data.download import DownloadStatus

POLL_SECONDS = 0.7


def show_mnist_state() -> None:
    """One line on MNIST, with the button that fetches it, its progress, or why it failed and the way to try again."""
    if notice := mnist_notice():
        st.warning(notice)
    if find_mnist() is not None:
        return
    follow(
        lambda: mnist_download().status,
        _draw,
        every=lambda status: POLL_SECONDS if status.state == "downloading" else None,
        state=lambda status: status.state,
    )


def _draw(status: DownloadStatus) -> None:
    if status.state == "downloading":
        done, total = status.bytes_done / 2**20, status.bytes_total / 2**20
        st.progress(status.share, text=f"{status.message} {done:.1f} of {total:.1f} MB")
        return
    if status.state == "failed":
        # Quiet: without a network this is how every visit begins, and nothing is wrong.
        st.caption(f":material/cloud_off: {status.message}")
    else:
        st.markdown("MNIST is not on this machine yet; until it is, there are generated digits.")
    label = "Try again" if status.state == "failed" else "Download MNIST (11 MB)"
    st.button(label, key="mnist_download", on_click=_fetch)


def _fetch() -> None:
    mnist_download().start()

"""Where MNIST stands: on this machine, on its way, or to be fetched with one click; never in the way of the page."""

from __future__ import annotations

import streamlit as st

from mnistcore.data import find_mnist, mnist_download, mnist_notice


def show_mnist_state() -> None:
    """One line on MNIST, with the button that fetches it, its progress, or why it failed and the way to try again."""
    if notice := mnist_notice():
        st.warning(notice)
    if find_mnist() is not None:
        return
    is_running = mnist_download().status.state == "downloading"
    st.fragment(_follow, run_every=0.7 if is_running else None)()


def _follow() -> None:
    download = mnist_download()
    status = download.status
    if status.state == "downloading":
        done, total = status.bytes_done / 2**20, status.bytes_total / 2**20
        st.progress(status.share, text=f"{status.message} {done:.1f} of {total:.1f} MB")
        return
    if find_mnist() is not None:
        st.rerun()
    if status.state == "failed":
        # Quiet: without a network this is how every visit begins, and nothing is wrong.
        st.caption(f":material/cloud_off: {status.message}")
    else:
        st.markdown("The real MNIST is not on this machine yet; until then there are generated digits.")
    if st.button("Try again" if status.state == "failed" else "Download MNIST (11 MB)", key="mnist_download"):
        download.start()
        st.rerun()

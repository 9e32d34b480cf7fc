"""The router: page settings, navigation, and the workers started in the background."""

import streamlit as st

from ui.page import ROOT, apply_style, navigation, note_visit, show_place
from ui.session import get_engine, prepare_data, prepare_store


def main() -> None:
    st.set_page_config(page_title="MNIST Explorer", page_icon=ROOT / "ui" / "icon.png", layout="wide")
    apply_style()
    prepare_store()
    get_engine()
    prepare_data()
    page = st.navigation(navigation(), position="top")
    note_visit(page.url_path)
    show_place(page.url_path or "home")
    page.run()


# Until the first st.navigation() of a server, Streamlit takes each file of pages/ for a page and says of any other
# address that it does not exist: hence a door for each of ours there, which leads to main().
#
# Worker processes import this file too, under another name: in each of them main() would start workers, which would ...
if __name__ == "__main__":
    main()
elif __name__ == "app":  # imported once by `streamlit run`, which finds the server there that it is to start
    from starlette.middleware import Middleware

    from ui.addresses import PagesOnly, serve

    app = st.App(__file__, middleware=[Middleware(PagesOnly)], lifespan=serve)

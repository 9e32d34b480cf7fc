"""The dashboard's first file: every run of its script goes to the router, and the server finds its addresses here."""

from ui.frame import router
from ui.frame.outage import show_outage
from ui.frame.router import route
from ui.lessons.beside import show_lesson

router.beside_page = show_lesson

# Worker processes import this file too, under another name: there route() would start workers, which would …
if __name__ == "__main__":
    route()
elif __name__ == "app":  # imported once by `streamlit run`, which finds the server there that it is to start
    import streamlit as st
    from starlette.middleware import Middleware

    from ui.classroom.door import ClassDoor
    from ui.frame.addresses import PagesOnly, serve

    middleware = [Middleware(ClassDoor), Middleware(PagesOnly)]
    app = st.App(__file__, middleware=middleware, lifespan=serve, on_script_error=show_outage)

"""The data set as PNG pictures with the table that joins them with their labels: its first rows, and the download."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.data.export import TABLE_COLUMNS, TABLE_NAME, select_pictures
from ui.frame.picture_export import export_digits
from ui.pictures.digits import data_uri

FEW = 8


def first_rows(dataset: Dataset, limit: int = FEW) -> pd.DataFrame:
    """The first rows of the table as an export writes them, each with its picture."""
    pictures = select_pictures(dataset, limit=limit)
    images = (dataset.part(picture.split)[0][picture.position] for picture in pictures)
    return pd.DataFrame(
        [
            {"picture": data_uri(image)} | dict(zip(TABLE_COLUMNS, row, strict=True))
            for row, image in zip(pictures, images, strict=True)
        ]
    )


def show_export(dataset: Dataset) -> None:
    """What the ZIP holds on the left, the choice and the download on the right."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"Every image becomes a picture file, and `{TABLE_NAME}` says which digit it shows. It begins:")
        st.dataframe(
            first_rows(dataset),
            hide_index=True,
            column_config={"picture": st.column_config.ImageColumn("", width="small")},
            height="content",
        )
    with right:
        export_digits(dataset)

"""The code behind each chapter: `lessons.NAME` belongs to `notebooks/NN_NAME.ipynb`."""

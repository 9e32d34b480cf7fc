"""The Experiments page: setting one up, and what came of it."""

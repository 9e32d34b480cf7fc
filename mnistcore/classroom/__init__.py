"""A class that joins with phones: names, drawings, a quiz and a contest, kept in the run store for a day."""

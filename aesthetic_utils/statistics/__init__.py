"""Statistics that know nothing of pictures or votes: intervals, comparisons, distances, ridge regression."""

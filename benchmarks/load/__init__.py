"""Many browser tabs on one dashboard, for long: how quickly pages come, and how much memory server and workers take."""

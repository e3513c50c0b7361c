"""The save path: order, time and the writing of entries."""

"""Every interleaving of the shipped handlers, for cases that are small enough to look at all of them."""

"""The customers that the institution serves."""

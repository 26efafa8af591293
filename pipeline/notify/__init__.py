"""What goes where, how it reads, and the channels that carry it."""

"""What `./run bench` measures: the portal beside the least that could do the same, in turn, in one run."""

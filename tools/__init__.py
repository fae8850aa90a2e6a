"""What the Makefile calls: setting up, finding a browser, writing the locks. Standard library only."""

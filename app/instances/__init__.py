"""Cases: what runs, what it waits for, and `moves.py`: every reason for which a case moves. Read that file first."""

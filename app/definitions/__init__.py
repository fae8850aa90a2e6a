"""Deployed versions of diagrams with their forms and decisions."""

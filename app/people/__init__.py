"""Who works here: accounts, departments, memberships and roles, lanes, logins.

Read `moves` for what can change, `queries` and `actor` for what can be asked.
"""

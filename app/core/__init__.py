"""What every subject stands on: errors, clock, ids, the database, background work, translations, calendars."""

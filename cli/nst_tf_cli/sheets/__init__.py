"""Sheets and pages of many pictures."""

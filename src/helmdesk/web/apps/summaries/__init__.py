"""Summaries of cases: in the words of those who wrote, or by a language model that is checked."""

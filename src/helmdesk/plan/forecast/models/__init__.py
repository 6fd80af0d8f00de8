"""One model a file; each competes for every queue."""

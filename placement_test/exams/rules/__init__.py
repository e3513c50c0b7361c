"""Rules of exams in pure Python."""

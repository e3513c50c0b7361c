"""The sample exams in words: every question carries its own key."""

"""The sample academy's exams: papers, tracks and keys of our own making."""

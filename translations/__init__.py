"""The Chinese of the course, and where its programs look it up."""

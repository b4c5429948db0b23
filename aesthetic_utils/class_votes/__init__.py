"""A class that votes together: a small server on the teacher's computer, and what its votes say."""

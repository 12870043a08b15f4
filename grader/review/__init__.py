"""Pages on which people decide: answers in words with a rubric, and what the machine found in code."""

"""Templates from the first draft to what Meta holds, and what they are filled with."""

"""What was counted, as a person reads it: columns with titles and sums, pictures, a page."""

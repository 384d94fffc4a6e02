"""The engine `rules`: quotation and attribution by lexicon and parse, and labels by lexicons and a linear model."""

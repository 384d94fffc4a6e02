"""Work that splits by article, done in batches: in this process, in several, or by an engine on other machines."""

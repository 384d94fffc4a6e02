"""Labels of other tools: their files in, and ours out.

A reader turns a file into sheets (`sheet`): marks with their words, links between them, attributes. A map (`mapping`)
says which of these is which part of a statement, `places` finds their words in the stored text, and `statements` puts
the two together to readings in the quoted form. The way out is the same backwards: `flatten` makes a sheet of a
document, and a writer a file of it. `table` lists the formats.
"""

"""Pictures as SVG, and the frame of the pages that hold them."""

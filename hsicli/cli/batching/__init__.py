"""Lists of images: what is to be made of each, by the workflow engine, and what came of it."""

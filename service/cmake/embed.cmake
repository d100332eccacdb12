# Embedding of files into the binary, at build time.

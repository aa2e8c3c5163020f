"""Poles of economic cooperation (PTCE) and short circuits (CCES): organisations that act together."""

"""One statement: written, sent, recorded, and told what kind it is."""

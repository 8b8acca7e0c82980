"""How fast, how small, how quiet the program is: figures that anybody can take again. `dev.py bench`."""

"""What is taken out of the program: a network in forms that others read, answers of a network to hand in."""

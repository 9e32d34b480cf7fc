"""What is taken out of the program: answers of a network to hand in."""

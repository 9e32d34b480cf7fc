"""A server that has just started looks for the address /from-scratch here, not knowing the router yet: on to that."""

from app import main

main()

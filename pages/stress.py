"""A server that has just started looks for the address /stress here, not knowing the router yet: on to that."""

from app import main

main()

"""Long computations that pages ask for, one module each: the module's name is the kind (see runs/analyses.py)."""

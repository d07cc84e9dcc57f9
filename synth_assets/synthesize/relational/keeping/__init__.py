"""What must hold in generated rows, and how it is kept: dependencies, checks, unique sets."""

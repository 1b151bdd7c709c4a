"""Mathematics: MATH in two protocols, MathQA."""

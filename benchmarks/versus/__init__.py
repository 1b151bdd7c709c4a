"""mmeval beside lm-eval: the same weights, the same requests, the same machine, in turns."""

"""LawBench: twenty tasks on Chinese law (arXiv 2309.16289)."""

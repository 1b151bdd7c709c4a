"""LegalBench: 161 of its 162 tasks (the answers of rule_qa are marked by people)."""

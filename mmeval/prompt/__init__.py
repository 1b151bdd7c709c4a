"""From samples to prompts: templates, few-shot examples, chat and plain wording, adapters, variants."""

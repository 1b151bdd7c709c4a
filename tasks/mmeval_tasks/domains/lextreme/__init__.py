"""LEXTREME: legal texts in 24 languages, to be classified or searched for entities."""

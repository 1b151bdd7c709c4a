"""What every report of layer probes says about itself."""

LIMITS = (
    "A linear probe shows that something can be decoded, not that the model uses it: no causal claim without "
    "interventions.",
    "Probes trained under the anchor measure transfer across prompts: a drop mixes loss of information, rotation and "
    "translation. Read it beside the re-centred and the re-trained accuracy, and beside an untrained twin's curve.",
    "Stages are defined by three families of edits of one question about one domain; boundaries may move with another "
    "anchor: run two or more before generalising.",
    "Where the anchor is near chance, relative drops are undefined: 'insensitive' and 'not yet decodable' are "
    "different.",
    "Template, system prompt and dtype change the last token's state: compare only runs with equal hashes.",
    "The four stages' thresholds are ours: the source states meanings and an order, and no numeric rule.",
)

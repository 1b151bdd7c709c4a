"""Per-sample metrics, how they become one number, and how sure that number is.

Each built-in metric is a module-level `Metric` behind one entry point of the group `mmeval.metrics`; a stranger's
is written the same way. Import from the module that holds the name: `choice`, `text`, `likelihood`,
`classification`, `translation` for metrics; `aggregations`, `statistics`, `bootstrap`, `summarize` and `groups` for
the rest.
"""

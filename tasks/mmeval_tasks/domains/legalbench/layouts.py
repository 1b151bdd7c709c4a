"""The layout of LegalBench-Instruct: all tasks in one table."""

from mmeval_tasks.domains.rows import Layout

instructed = Layout(("task_name", "inputs", "answer"))

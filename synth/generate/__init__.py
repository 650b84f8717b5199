"""Generation: English examples in, rows of a corpus out.

- `config`: what is asked, one typed object for flags and YAML
- `chunks`: how rows are cut into idempotent pieces of work
- `asking`: requests by content, answered once
- `recipes`: what a row of each shape needs from the teacher
- `chunk_run`, `local`: run one chunk, and all of them
"""

"""The durable journal: finished calls that survive a crash between two checkpoints.

``durable_journal.py`` is what the runner sees; ``records.py`` has the text of the files,
``folder.py`` the file systems, ``committer.py`` the batches, ``recalled_calls.py`` what is read at
the start and ``pruning.py`` what is deleted, and when.
"""

"""The published runs: one file a family, one registry, and the record that each leaves.

A run is a `PublishedRun` (run.py) in the file of its family (cnn.py, gan.py, ...); registry.py lists them
all. Records, one JSON file a run, lie in aesthetic_utils/results/, and `results.load_result` reads them.
"""

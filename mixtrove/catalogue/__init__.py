"""An offline catalogue: built from copies of music databases, searched in bulk, never changed by use."""

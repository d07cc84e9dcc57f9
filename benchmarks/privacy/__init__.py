"""What the privacy checks find: figures of attacks on every engine, and which engines the gate stops."""

"""What is known of a run: its progress, its state, where its painting comes from."""

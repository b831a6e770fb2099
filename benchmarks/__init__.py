"""What the project must reach, measured as ratios within one run."""

"""What is seen: Qt lives here and nowhere else."""

"""What a run of a project's code changes in the process, and is put back afterwards."""

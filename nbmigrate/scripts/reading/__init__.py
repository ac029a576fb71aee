"""Reading revision files, without running them until their step runs."""

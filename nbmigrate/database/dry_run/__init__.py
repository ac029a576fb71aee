"""What a run would send, found without sending it: previews, losses, scripts."""

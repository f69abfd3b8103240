"""What chance alone can do: rates with their intervals, detection, onset, and the proof that it is over."""

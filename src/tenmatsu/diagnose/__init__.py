"""Evidence to verdict: findings (pure functions), causes (data), and the engine that weighs them."""

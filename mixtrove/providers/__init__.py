"""Online music databases and shops: one gateway, one file a provider (DESIGN §7)."""

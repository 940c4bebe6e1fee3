"""The steps of the operational store's schema; ``mixtrove.database.migrating`` runs them."""

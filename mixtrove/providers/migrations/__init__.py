"""The steps of the providers' schema; ``mixtrove.database.migrating`` runs them."""

"""Why a statement failed, and what is unhealthy in a database."""

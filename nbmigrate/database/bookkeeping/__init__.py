"""The tables that are nbmigrate's own: they carry a format number, and are brought up to date before they are used."""

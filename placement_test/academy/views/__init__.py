"""Pages of the academy: entrance, events, schools, staff, policies and the audit trail."""

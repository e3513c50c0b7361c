"""The academy: login, schools, campuses, staff accounts, policies, test events, audit list."""

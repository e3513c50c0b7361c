"""How dates are written in Korean."""

# Django puts 오후 behind the hour.
DATETIME_FORMAT = "Y년 n월 j일 A g:i"
# In columns, days and hours stand below one another only with two digits each.
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"

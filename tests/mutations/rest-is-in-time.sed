# What is behind a send in time is sent after the deadline.
# file: step08-deadline/connection.c
# test: deadline
# fails: and more to send
s/connection->ring.used > 0)/0)/

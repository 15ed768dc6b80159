# A name found after the deadline is a connection.
# file: step08-deadline/connector.c
# test: deadline
# fails: found too late
s/if (connection->write_late || connection->write_error != 0)/if (0)/

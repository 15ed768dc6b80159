# The cancel of a deadline that was lifted shows as 995.
# file: step08-deadline/connection.c
# test: deadline
# fails: lifted after its cancel
s/if (error == ERROR_OPERATION_ABORTED)/if (error == ERROR_OPERATION_ABORTED \&\& connection->read_late)/

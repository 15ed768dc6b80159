# A closed stream leaves its limit to idleness set.
# file: step08-deadline/deadline.c
# test: deadline
# fails: takes them with it
s/source_clear_timer(source, &connection->idle_deadline);//

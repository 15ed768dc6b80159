# Read after a project's own Makefile: links the recorder in front of the libraries.
# A call in tail position stays one, so that its caller is on the stack.
$(PROGRAM): $(TOOLS)/trace.o
CFLAGS += -fno-optimize-sibling-calls

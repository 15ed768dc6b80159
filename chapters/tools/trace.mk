# Read after a project's own Makefile: links the recorder in front of the libraries.
$(PROGRAM): $(TOOLS)/trace.o $(TOOLS)/intercept.o

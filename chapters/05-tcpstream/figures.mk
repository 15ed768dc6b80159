# The requests of one run as they overtook each other: `make record-overtaking`
# makes a new run, with Windows calls recorded by record.c.
FIGURES += chapters/05-tcpstream/figures/overtaking.svg

OVERTAKING = chapters/05-tcpstream/figures

build/$(OVERTAKING)/overtaking.svg: $(OVERTAKING)/overtaking.awk $(OVERTAKING)/overtaking.txt
	@mkdir -p $(@D)
	@awk -f $^ >$@.new && mv $@.new $@

.PHONY: record-overtaking
record-overtaking: $(WINE_READY)
	@sh $(OVERTAKING)/record.sh >$(OVERTAKING)/overtaking.txt

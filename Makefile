# The two commands a newcomer needs: `make demo` and `make test`.
PYTHON := .venv/bin/python
STAMP := .venv/ready

.PHONY: demo test bench clean
.DEFAULT_GOAL := demo

demo: $(STAMP)
	$(PYTHON) -m napari_discembed demo --output demo

test: $(STAMP)
	sh scripts/checks.sh

bench: $(STAMP)
	sh scripts/bench.sh

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	sh scripts/setup.sh

clean:
	rm -rf .venv demo dist build

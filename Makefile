# The two commands a newcomer needs: `make demo` and `make test`. `make docs` builds the site.
PYTHON := .venv/bin/python
STAMP := .venv/ready

.PHONY: demo test bench docs clean
.DEFAULT_GOAL := demo

demo: $(STAMP)
	$(PYTHON) -m napari_discembed demo --output demo

test: $(STAMP)
	sh scripts/checks.sh

bench: $(STAMP)
	sh scripts/bench.sh

# The site in build/site: strict about links, its examples run. What it needs comes with it.
docs: $(STAMP)
	$(PYTHON) -m pip --disable-pip-version-check install -q -c constraints.txt -e ".[docs]"
	PYTHONWARNINGS=ignore NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	sh scripts/setup.sh

clean:
	rm -rf .venv demo dist build

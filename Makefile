# Each target sets up what it needs (a virtual environment in .venv, or an active conda environment made from
# environment.yml) and starts at once when that is done already.
PYTHON ?= python3
RUN = @$(PYTHON) tools/bootstrap.py
PIP = env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT PIP_USER=0

.PHONY: help lab reset course site slides demo submission nbgrader hub test test-deep test-all bench records clean
help:            ## what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

lab:             ## set up and open JupyterLab on your copies of the notebooks, in work/
	$(RUN) tools/lab.py $(ARGS)

reset:           ## a chapter of yours as it came, after a backup: make reset ARGS=03, ARGS=deep/04_awq, ARGS=all
	$(RUN) tools/copies.py reset $(ARGS)

course:          ## execute every notebook; executed copies and an HTML index go to build/course
	$(RUN) tools/course.py $(ARGS)

site:            ## both editions as pages that need no network: build/site/index.html
	$(RUN) -m venv build/site-env
	@$(PIP) build/site-env/bin/python -m pip install --quiet --disable-pip-version-check pip==26.0
	@$(PIP) build/site-env/bin/python -m pip install --quiet --disable-pip-version-check --group site
	@build/site-env/bin/python docs/build.py $(ARGS)

slides:          ## the chapters as decks that need no network: build/slides/index.html; make slides ARGS=--pdf prints them
	$(RUN) tools/slides.py $(ARGS)

demo:            ## a folder that publishes a model's page: make demo ARGS='FOLDER-OF-A-MODEL --dry-run'
	$(RUN) -m lessons.publish $(ARGS)

submission:      ## pack the homework: submission/submission-NAME.zip; make submission ARGS='--name NAME --language zh'
	$(RUN) -m homework pack $(ARGS)

nbgrader:        ## for instructors: nbgrader, in an environment of its own (build/nbgrader) with the course's kernel
	$(RUN) -m venv build/nbgrader
	@$(PIP) build/nbgrader/bin/python -m pip install --quiet --disable-pip-version-check nbgrader==0.9.6
	$(RUN) -m ipykernel install --prefix build/nbgrader
# Else its last step warns that Jupyter does not look for kernels there; nbgrader does.
nbgrader: export JUPYTER_PATH = $(CURDIR)/build/nbgrader/share/jupyter

hub:             ## for instructors: JupyterHub for a class, in build/hub with the course's kernel; deploy/class/README.md
	$(RUN) -m venv build/hub
	@$(PIP) build/hub/bin/python -m pip install --quiet --disable-pip-version-check pip==26.0
	@$(PIP) build/hub/bin/python -m pip install --quiet --disable-pip-version-check --group hub
	$(RUN) -m ipykernel install --prefix build/hub
	@npm install --global --prefix build/hub --no-fund --no-audit --loglevel=error configurable-http-proxy@5.3.0
hub: export JUPYTER_PATH = $(CURDIR)/build/hub/share/jupyter

CHECKS = -m pytest -n auto --dist loadfile

test:            ## the checks: lint, format, tests, and every notebook against its stored outputs
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(CHECKS) -m "not slow and not deep" $(ARGS)

test-deep:       ## what is right but long: deep notebooks, browsers, servers under load, killed kernels
	$(RUN) $(CHECKS) -m deep $(ARGS)

test-all:        ## all of these, and the slow tests: the programs of benchmarks/
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) $(CHECKS) $(ARGS)

bench:           ## the CPU device beside transformers, in tokens per second
	$(RUN) -m benchmarks.cpu_vs_transformers $(ARGS)

records:         ## on a GPU: measure again all that the chapters show of one, into records/<device>/
	$(RUN) -m benchmarks.records $(ARGS)

clean:           ## remove what make built, the environment included
	rm -rf build .venv *.egg-info

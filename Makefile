STACK ?= dev
OUT ?= rendered/$(STACK)
RUN := .venv/bin/python -m

.PHONY: help up test check preview render images lab lab-down soak bench destroy password rotate move status docs lock environment
.DEFAULT_GOAL := help

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  STACK=dev names the stack file, Pulumi.dev.yaml, here or in examples/"

environment:
	@tools/python-environment

up: environment  ## Bring the stack up and say where it is: a cluster of its own on a bare machine, or the one the stack names
	@$(RUN) deploy up --stack $(STACK)

destroy: environment  ## Take the stack down but keep what users made; DATA=delete deletes that too
	@$(RUN) deploy destroy --stack $(STACK) --data $(or $(DATA),keep)

status: environment  ## Say what runs, and what does not and why
	@$(RUN) deploy status --stack $(STACK)

password: environment  ## Print the login password
	@$(RUN) deploy password --stack $(STACK)

rotate: environment  ## Replace a secret that only machines need: SECRET=<name>; without a name, say which there are and who notices
	@$(RUN) deploy rotate --stack $(STACK) $(if $(SECRET),--secret $(SECRET))

move: environment  ## Hand a running stack over between the two ways of applying it; TO=engine or TO=kubectl
	@$(RUN) deploy move --stack $(STACK) --to $(TO)

preview: environment  ## Show what the stack declares, and with BASE=<git revision> what changed since; needs no cluster
	@$(RUN) preview show --stack $(STACK) $(if $(BASE),--base $(BASE)) $(if $(FORMAT),--format $(FORMAT))

render: environment  ## Write the stack's manifests into OUT=<directory>, in the order to apply them
	@$(RUN) preview render --stack $(STACK) --out $(OUT)

images: environment  ## Build our images, push them to REGISTRY=<host/path> and record their digests for the stack
	@$(RUN) deploy images --stack $(STACK) --registry $(or $(REGISTRY),$(error name where to push: make images REGISTRY=<host/path> STACK=$(STACK))) $(if $(IMAGE_BASE),--base $(IMAGE_BASE)) $(if $(FRESH),--fresh)

lab:  ## Start a real single-node Kubernetes on this machine
	@python3 -m lab up

lab-down:  ## Stop it and leave nothing behind; its data stays unless PURGE=yes
	@python3 -m deploy.forward stop
	@python3 -m lab down $(if $(PURGE),--purge)

check: environment  ## Lint, types, generated documents: seconds, no cluster
	@$(RUN) tests check

test: environment  ## Prove every promise once: checks, unit tests, the engine, the lab and a browser
	@$(RUN) tests all

soak: environment  ## Long outages, drills and load; records the result in docs/
	@$(RUN) tests soak

bench: environment  ## Measure evaluation, start and spawn times, side by side with Zero to JupyterHub
	@$(RUN) bench

docs: environment  ## Write the settings reference and the editor's schema from the models, and who may talk to whom
	@$(RUN) settings.reference
	@$(RUN) reachability

lock: environment  ## Resolve pyproject.toml into the lock files
	@tools/lock

# make start | test | test-fleet | demo | bench | clean — everything else is npm's.
PORT ?= 8080

.PHONY: start test test-fleet demo bench format clean

start: dist
	@node dist/cli/relay-broker.js $(PORT)

test: dist
	npm run --silent lint
	npm run --silent typecheck
	npm run --silent coverage

# Three brokers, three servers of NATS, and what may happen to them: four minutes, as root on Linux.
test-fleet: dist
	@node --import tsx fleet/run.ts

demo: dist
	@node --import tsx scripts/demo.ts

bench: dist
	@npm run --silent bench

format: node_modules
	npm run --silent format

clean:
	rm -rf node_modules dist coverage build

# npm ci leaves a stamp of its own, which is as new as what it installed.
node_modules: package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch node_modules

dist: node_modules $(shell find src scripts -type f) tsconfig.json tsconfig.build.json
	npm run --silent build
	@touch dist

# BackgroundQueue. `make` alone lists the goals.

MVN  ?= mvn
JDKS ?=
URL  ?= memory:
ONLY ?=

SHELL := bash
MAVEN := $(MVN) -B -ntp
JAVA  := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
export MVN ONLY

# Only what the program needs: no tests, no checks, and an output folder of its own, so that
# unchecked classes never pass for checked ones.
QUICK := -q -P '!error-prone' -Dmaven.test.skip -Denforcer.skip -Dmaven.compiler.failOnWarning=false \
         -Dbq.target=target/demo
# A failed test must not keep the other modules from running; the result is read from the log.
comma := ,
ALL   := $(if $(ONLY),-pl $(ONLY) -am) -fae -Dmaven.test.failure.ignore -Dbq.rounds=10 -Dbq.jdbc.tasks=100000 -Dspotless.check.skip -Dmaven.javadoc.skip -Dmaven.source.skip

.PHONY: help
help: ## list the goals
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: tools ## run the order pipeline; URL=memory: names the broker
	@[ -d queue-examples/target/demo ] || echo 'Building the demo; the first time Maven downloads what it needs.' >&2
	@$(MAVEN) $(QUICK) -pl queue-examples -am package
	@$(JAVA) -cp "queue-examples/target/demo/classes:$$(cat queue-examples/target/demo/runtime.classpath)" \
	  io.backgroundqueue.examples.orders.OrderPipelineDemo '$(URL)'

.PHONY: test
test: tools brokers ## build, check and test everything; JDKS="/path/to/jdk17 /path/to/jdk25" does so on each; MVN='mvn -Dbq.brokers.kind=process' (or container) chooses how brokers are started
ifeq ($(strip $(JDKS)),)
	$(MAVEN) verify
else
	@for jdk in $(JDKS); do \
	  echo "JDK $$jdk"; \
	  JAVA_HOME="$$jdk" $(MAVEN) clean verify || exit 1; \
	done
endif

# The page that make conformance writes, and where the table of capabilities goes.
REPORT ?= docs/conformance.md README.md

.PHONY: conformance
conformance: tools brokers ## run every contract and fault, ten rounds of the random ones; write docs/conformance.md; ONLY=queue-inmemory runs that and keeps the other results
	@mkdir -p target docs && rm -rf target/conformance.log \
	  $(addsuffix /target/conformance,$(if $(ONLY),$(subst $(comma), ,$(ONLY)),*))
	@set -o pipefail; status=0; \
	$(MAVEN) verify $(ALL) 2>&1 | tee target/conformance.log || status=1; \
	if grep -q '^\[ERROR\]' target/conformance.log; then status=1; fi; \
	[ -f queue-testkit/target/runtime.classpath ] || exit 1; \
	$(JAVA) -cp "queue-testkit/target/classes:$$(cat queue-testkit/target/runtime.classpath)" \
	  io.backgroundqueue.testkit.report.ConformanceMatrix \
	  $$(find */target/conformance -name '*.json' ! -path 'queue-tests/*' 2>/dev/null | sort) $(REPORT) || status=1; \
	[ $$status -eq 0 ] || echo 'conformance: something failed; see above and target/conformance.log' >&2; \
	exit $$status

.PHONY: format
format: tools ## format all Java sources
	@$(MAVEN) -q spotless:apply

.PHONY: clean
clean: tools ## remove what was built
	@$(MAVEN) -q clean

.PHONY: tools
tools:
	@config/check-tools $(JDKS)

.PHONY: brokers
brokers:
	@config/install-brokers

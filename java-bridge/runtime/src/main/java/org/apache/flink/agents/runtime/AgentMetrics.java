package org.apache.flink.agents.runtime;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.agents.api.metrics.Counter;
import org.apache.flink.agents.api.metrics.Meter;
import org.apache.flink.agents.api.metrics.MetricGroup;

/** What a subtask counts, under the names that dashboards know. For the owner's thread. */
final class AgentMetrics {

    /** A count and its rate. */
    private record Count(Counter counter, Meter meter) {
        static Count of(MetricGroup group, String name) {
            return new Count(group.getCounter(name), group.getMeter(name + "PerSec"));
        }

        void inc() {
            counter.inc();
            meter.mark();
        }
    }

    private final MetricGroup root;
    private final Count events;
    private final Count actions;
    private final Map<String, Count> byAction = new HashMap<>();
    private final Map<String, MetricGroup> groups = new ConcurrentHashMap<>();

    AgentMetrics(MetricGroup root) {
        this.root = root;
        this.events = Count.of(root, "numOfEventProcessed");
        this.actions = Count.of(root, "numOfActionsExecuted");
    }

    /** The metrics of the agent. */
    MetricGroup agent() {
        return root;
    }

    /** The metrics of an action; for any thread. */
    MetricGroup action(String name) {
        MetricGroup group = groups.get(name);
        if (group == null) {
            group = root.getSubGroup("action").getSubGroup(name);
            groups.put(name, group);
        }
        return group;
    }

    void elementArrived() {
        events.inc();
    }

    void actionStarted(String name) {
        actions.inc();
        Count count = byAction.get(name);
        if (count == null) {
            count = Count.of(action(name), "numOfActionsExecuted");
            byAction.put(name, count);
        }
        count.inc();
    }

    void errorIgnored(String action) {
        (action == null ? root : action(action)).getCounter("numOfErrorsIgnored").inc();
    }

    void inFlight(int tasks, int openKeys) {
        root.getGauge("numOfTasksInFlight").update(tasks);
        root.getGauge("numOfOpenKeys").update(openKeys);
    }
}

package org.apache.flink.agents.runtime.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.agents.api.AgentsExecutionEnvironment;
import org.apache.flink.agents.runtime.ScriptedModel;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class LostTaskManagerTest {
    private static final int NUMBERS = 3000;
    private static final int LOST = 3;

    @Test
    void taskManagersThatGoAwayWithCallsInFlightLoseAndRepeatNothing(@TempDir Path folder)
            throws Exception {
        TestJobs.reset(TestJobs.echo());
        ScriptedModel.delayMillis = 20;
        Map<String, String> settings =
                Map.of(
                        "rest.bind-port", "0",
                        "restart-strategy.type", "fixed-delay",
                        "restart-strategy.fixed-delay.attempts", "1000",
                        "restart-strategy.fixed-delay.delay", "10 ms",
                        "execution.checkpointing.interval", "100 ms",
                        "execution.checkpointing.dir", folder.toUri().toString());
        MiniClusterConfiguration cluster =
                new MiniClusterConfiguration.Builder()
                        .setConfiguration(Configuration.fromMap(settings))
                        .setNumTaskManagers(2)
                        .setNumSlotsPerTaskManager(1)
                        .build();
        try (MiniCluster flink = new MiniCluster(cluster)) {
            flink.start();
            List<String> found = run(flink, settings);
            TestJobs.assertExactlyOnce(found, NUMBERS);
            assertTrue(ScriptedModel.CALLS.get() > NUMBERS, "no call was in flight");
        }
        TestJobs.assertNoThreadIsLeft();
    }

    private static List<String> run(MiniCluster cluster, Map<String, String> settings)
            throws Exception {
        URI rest = cluster.getRestAddress().get();
        StreamExecutionEnvironment flink =
                StreamExecutionEnvironment.createRemoteEnvironment(
                        rest.getHost(), rest.getPort(), Configuration.fromMap(settings));
        flink.setParallelism(2);
        DataStream<String> outputs =
                AgentsExecutionEnvironment.getExecutionEnvironment(flink)
                        .fromDataStream(
                                TestJobs.numbers(flink, NUMBERS, 300),
                                number -> number % TestJobs.KEYS)
                        .apply(new TestJobs.CountingAgent())
                        .toDataStream(Types.STRING);
        List<String> found = new ArrayList<>();
        int lost = 0;
        try (CloseableIterator<String> results = outputs.collectAsync()) {
            JobClient job = flink.executeAsync();
            while (results.hasNext()) {
                found.add(results.next());
                if (lost < LOST && found.size() >= (lost + 1) * NUMBERS / (LOST + 2)) {
                    cluster.terminateTaskManager(lost).get();
                    cluster.startTaskManager();
                    lost++;
                }
            }
            job.getJobExecutionResult().get();
        }
        assertEquals(LOST, lost);
        return found;
    }
}

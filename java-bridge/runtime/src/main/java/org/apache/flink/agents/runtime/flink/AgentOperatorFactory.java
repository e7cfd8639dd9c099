package org.apache.flink.agents.runtime.flink;

import org.apache.flink.agents.api.configuration.Configuration;
import org.apache.flink.agents.plan.AgentPlan;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;

/**
 * Makes the operator of an agent on a worker. Travels with the job.
 *
 * @param <IN> class of the elements
 * @param <OUT> class of the outputs
 */
public final class AgentOperatorFactory<IN, OUT> extends AbstractStreamOperatorFactory<OUT>
        implements OneInputStreamOperatorFactory<IN, OUT> {
    private static final long serialVersionUID = 1L;

    private final AgentPlan plan;
    private final Configuration options;
    private final ItemForm form;

    /**
     * A factory.
     *
     * @param plan the agent
     * @param options the job's options for agents
     * @param textInput whether elements and keys are JSON texts of the state codec
     * @param textOutput whether outputs are JSON texts of pairs of key and output
     */
    public AgentOperatorFactory(
            AgentPlan plan, Configuration options, boolean textInput, boolean textOutput) {
        this.plan = plan;
        this.options = options;
        this.form = new ItemForm(textInput, textOutput);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T extends StreamOperator<OUT>> T createStreamOperator(
            StreamOperatorParameters<OUT> parameters) {
        return (T) new AgentOperator<IN, OUT>(parameters, plan, options, form);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader loader) {
        return AgentOperator.class;
    }
}

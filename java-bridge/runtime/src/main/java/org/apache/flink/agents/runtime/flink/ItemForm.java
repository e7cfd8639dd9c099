package org.apache.flink.agents.runtime.flink;

import java.io.Serializable;

/**
 * How elements, keys and outputs look in the job.
 *
 * @param textInput whether elements are pairs of JSON texts of the state codec, of key and value, as
 *     a list gives; else they are whatever the user's stream has
 * @param textOutput whether outputs are JSON texts of pairs of key and output, to be collected in a
 *     list
 */
record ItemForm(boolean textInput, boolean textOutput) implements Serializable {}

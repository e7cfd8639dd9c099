package org.apache.flink.agents.runtime.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class WatermarkHoldTest {
    private final WatermarkHold hold = new WatermarkHold();

    @Test
    void aWatermarkWaitsForEarlierElementsOnly() {
        hold.began(5L);
        hold.began(5L);
        hold.began(20L);
        hold.arrived(10);
        assertEquals(OptionalLong.of(4), hold.pass());
        hold.ended(5L);
        assertEquals(OptionalLong.empty(), hold.pass());
        hold.ended(5L);
        assertEquals(OptionalLong.of(10), hold.pass());
        hold.arrived(Long.MAX_VALUE);
        assertEquals(OptionalLong.of(19), hold.pass());
        hold.ended(20L);
        assertEquals(OptionalLong.of(Long.MAX_VALUE), hold.pass());
    }

    @Test
    void lateElementsHoldNothing() {
        hold.arrived(10);
        assertEquals(OptionalLong.of(10), hold.pass());
        hold.began(10L);
        hold.arrived(20);
        assertEquals(OptionalLong.of(20), hold.pass());
        hold.ended(10L);
        assertEquals(OptionalLong.empty(), hold.pass());
    }

    @Test
    void elementsWithoutATimestampHoldTheEndOnly() {
        hold.began(null);
        hold.arrived(10);
        assertEquals(OptionalLong.of(10), hold.pass());
        hold.arrived(Long.MAX_VALUE);
        assertEquals(OptionalLong.empty(), hold.pass());
        hold.ended(null);
        assertEquals(OptionalLong.of(Long.MAX_VALUE), hold.pass());
    }
}

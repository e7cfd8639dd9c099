"""What one event, one call and one key cost: measured figures that the arithmetic starts from.

They come from ``scripts/bench sizing`` (thread mode, parallelism 1, heap state backend, OpenAI's
SDK over HTTP on loopback), rounded up. Own ones are better: ``--cpu-per-event`` takes them.
"""

from __future__ import annotations

#: Seconds of CPU of an event without a model: source, key, agent, output, Java and Python together.
CPU_PER_EVENT = 70e-6
#: Seconds of CPU that a read and a write of memory add.
CPU_PER_MEMORY_ACCESS = 30e-6
#: Seconds of CPU that a model call over HTTP adds.
CPU_PER_CALL = 1500e-6

#: Bytes of resident memory outside of the Java heap: the JVM's own, Python, the SDKs.
BASE_MEMORY = 530 * 2**20
#: Bytes of resident memory outside of the Java heap for each open call.
MEMORY_PER_CALL = 44 * 2**10

#: Bytes in a checkpoint for a key with memory, and for each byte that it remembers.
CHECKPOINT_PER_KEY, CHECKPOINT_PER_KEY_BYTE = 60, 1.0
#: The same in the Java heap, with the heap state backend.
HEAP_PER_KEY, HEAP_PER_KEY_BYTE = 700, 1.0
#: Bytes in a checkpoint for a key with an open run, and for each byte of its record, which is in
#: the element and in the prompt.
CHECKPOINT_PER_RUN, CHECKPOINT_PER_RUN_BYTE = 600, 2.0
#: The same in the Java heap.
HEAP_PER_RUN, HEAP_PER_RUN_BYTE = 2000, 2.0

#: Assumed, not measured. Seconds of CPU that subtasks of one TaskManager have in a second: they
#: share one Python interpreter and its lock.
CORES_PER_TASK_MANAGER = 1.0
#: Assumed, not measured. Bytes of Java heap that Flink and the job's other operators use.
TASK_HEAP = 256 * 2**20
#: Assumed, not measured. Bytes of heap of the JobManager, and for each TaskManager.
JOB_MANAGER_HEAP, JOB_MANAGER_HEAP_PER_TASK_MANAGER = 1024 * 2**20, 2 * 2**20
#: Assumed, not measured. Bytes of text for a token.
BYTES_PER_TOKEN = 4

"""Profiles of the main paths: where the CPU of a running job goes, by layer and by function.

    python -m benchmarks.profiling no_model            # without a model, memory read and written
    python -m benchmarks.profiling model_calls         # 1,000 model calls in flight over HTTP
    python -m benchmarks.profiling tongyi_calls        # the same with the lightest of the SDKs

Samplers look at the job from outside, one after another: py-spy at Python (in thread mode the
interpreter is inside of the Java process, where py-spy finds it), Flight Recorder at Java, and
perf, where it is installed and allowed, at native code.
"""

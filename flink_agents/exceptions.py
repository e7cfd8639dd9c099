"""Every error the library raises on purpose.

AgentsError
├── PlanError                 an agent that cannot be compiled
│   ├── UnknownResourceError  a name that nobody declared
│   ├── DuplicateNameError    a name that was declared twice
│   ├── ResourceCycleError    resources that need each other
│   ├── ResourceTypeError     a resource of another type than its use asks for
│   ├── ResourceArgumentError an argument that the resource class does not take
│   ├── ActionSignatureError  an action that cannot be called with (event, ctx)
│   └── NotPortableError      a value that cannot travel to a worker
├── EnvironmentSetupError     Java, Python or the cluster is not as the job needs it
├── NotStorableError          a value that cannot be kept in state
├── DurableJournalError       finished calls cannot be kept outside of Flink's state
├── StateFormatError          state written by another, incompatible version
├── MemoryPathError           a memory path that does not fit what is stored there
├── UnhandledEventError       an event that no action listens to
├── ActionError               an action failed; the cause is chained
├── ReplayMismatchError       an action called something else on replay than before
├── ToolArgumentsError        arguments that a tool cannot be called with
└── ModelError                a model call failed
├── ModelTimeoutError     no answer in time
├── ModelUnavailableError the server is down, overloaded or limits the rate
├── ModelRequestError     the request was refused: credentials, model name, arguments
├── ModelOutputError      the answer is not what was asked for (garbage, wrong schema)
└── ToolRoundsError       the model kept calling tools
"""

from __future__ import annotations


class AgentsError(Exception):
    """Base of every error of this library."""


class PlanError(AgentsError):
    """An agent cannot be compiled.

    Args:
        agent: Name of the agent.
        member: The action or resource at fault.
        problem: What is wrong, as a clause.
        fix: What to do about it, as a sentence.
    """

    def __init__(self, agent: str, member: str, problem: str, fix: str) -> None:
        super().__init__(f"Agent {agent!r}, {member}: {problem}. {fix}")
        self.agent = agent
        self.member = member
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[type[PlanError], tuple[str, str, str, str]]:
        return type(self), (self.agent, self.member, self.problem, self.fix)


class UnknownResourceError(PlanError):
    """A name that nobody declared."""


class DuplicateNameError(PlanError):
    """A name that was declared twice."""


class ResourceCycleError(PlanError):
    """Resources that need each other."""


class ResourceTypeError(PlanError):
    """A resource of another type than its use asks for."""


class ResourceArgumentError(PlanError):
    """An argument that the resource class does not take, or a missing or wrong one."""


class ActionSignatureError(PlanError):
    """An action that cannot be called with ``(event, ctx)`` or listens to nothing."""


class NotPortableError(PlanError):
    """A value that cannot travel to a worker."""


class EnvironmentSetupError(AgentsError):
    """Java, Python or the cluster is not as the job needs it."""


class NotStorableError(AgentsError, TypeError):
    """A value that cannot be kept in state, journal or memory."""


class DurableJournalError(AgentsError):
    """The durable journal cannot be read or written: the job must not go on."""


class StateFormatError(AgentsError):
    """State that was written by an incompatible version, or is damaged."""


class MemoryPathError(AgentsError, KeyError):
    """A memory path that does not fit what is stored there."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnhandledEventError(AgentsError):
    """An event that no action listens to."""


class ActionError(AgentsError):
    """An action failed and the job is set to fail with it; the cause is chained."""


class ReplayMismatchError(AgentsError):
    """An action called something else on replay than it did before the crash."""


class ToolArgumentsError(AgentsError):
    """Arguments that a tool cannot be called with; the text is meant for the model."""


class ModelError(AgentsError):
    """A model call failed."""


class ModelTimeoutError(ModelError):
    """The model did not answer in time."""


class ModelUnavailableError(ModelError):
    """The model server is down, overloaded or limits the rate."""


class ModelRequestError(ModelError):
    """The model server refused the request: credentials, model name or arguments."""


class ModelOutputError(ModelError):
    """The answer is not what was asked for: garbage, or not of the wanted schema."""


class OutputSchemaError(ModelOutputError):
    """The answer does not fit the wanted schema, also after the model was told so."""


class ToolRoundsError(ModelError):
    """The model kept calling tools beyond the allowed number of rounds."""

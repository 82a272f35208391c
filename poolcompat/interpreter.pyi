import sys

__all__ = ('InterpreterPoolExecutor', 'BrokenInterpreterPool', 'ExecutionFailed')

if sys.version_info >= (3, 14):
    from concurrent.futures import InterpreterPoolExecutor as InterpreterPoolExecutor
    from concurrent.futures.interpreter import BrokenInterpreterPool as BrokenInterpreterPool
    from concurrent.interpreters import ExecutionFailed as ExecutionFailed
else:
    from collections.abc import Callable
    from concurrent.futures import BrokenExecutor
    from typing import Any

    from . import Executor

    class BrokenInterpreterPool(BrokenExecutor): ...
    class ExecutionFailed(RuntimeError): ...

    # It can be imported, and its constructor raises NotImplementedError.
    class InterpreterPoolExecutor(Executor):
        def __init__(
            self,
            max_workers: int | None = None,
            thread_name_prefix: str = '',
            initializer: Callable[..., object] | None = None,
            initargs: tuple[Any, ...] = (),
        ) -> None: ...

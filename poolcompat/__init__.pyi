import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import (
    ALL_COMPLETED as ALL_COMPLETED,
    FIRST_COMPLETED as FIRST_COMPLETED,
    FIRST_EXCEPTION as FIRST_EXCEPTION,
    BrokenExecutor as BrokenExecutor,
    CancelledError as CancelledError,
    InvalidStateError as InvalidStateError,
)
from multiprocessing import get_context as get_context
from types import TracebackType
from typing import Any, Final, Generic, NamedTuple, TypeVar, type_check_only

from .interpreter import InterpreterPoolExecutor as InterpreterPoolExecutor
from .pool import Pool as Pool, ThreadPool as ThreadPool
from .process import BrokenProcessPool as BrokenProcessPool, ProcessPoolExecutor as ProcessPoolExecutor
from .thread import BrokenThreadPool as BrokenThreadPool, ThreadPoolExecutor as ThreadPoolExecutor

__all__ = (
    'Executor', 'ProcessPoolExecutor', 'ThreadPoolExecutor', 'InterpreterPoolExecutor',
    'Pool', 'ThreadPool',
    'Future', 'wait', 'as_completed', 'FIRST_COMPLETED', 'FIRST_EXCEPTION', 'ALL_COMPLETED',
    'CancelledError', 'TimeoutError', 'InvalidStateError', 'BrokenExecutor', 'BrokenProcessPool',
    'BrokenThreadPool',
    'get_context', 'cpu_count',
    '__version__',
)

__version__: Final[str]

_T = TypeVar('_T')
_F = TypeVar('_F', bound=futures.Future[Any])


if sys.version_info >= (3, 11):
    from builtins import TimeoutError as TimeoutError
else:
    import builtins
    class TimeoutError(futures.TimeoutError, builtins.TimeoutError): ...

if sys.version_info >= (3, 14):
    from concurrent.futures import Executor as Executor
else:
    class Executor(futures.Executor):
        def map(
            self,
            fn: Callable[..., _T],
            *iterables: Iterable[Any],
            timeout: float | None = None,
            chunksize: int = 1,
            buffersize: int | None = None,
        ) -> Iterator[_T]: ...

class Future(futures.Future[_T]):
    def exception_info(self, timeout: float | None = None) -> tuple[BaseException | None, TracebackType | None]: ...
    def set_exception_info(self, exception: BaseException, traceback: TracebackType | None) -> None: ...

@type_check_only
class _DoneAndNotDone(NamedTuple, Generic[_F]):
    done: set[_F]
    not_done: set[_F]

def wait(fs: Iterable[_F], timeout: float | None = None, return_when: str = 'ALL_COMPLETED') -> _DoneAndNotDone[_F]: ...
def as_completed(fs: Iterable[_F], timeout: float | None = None) -> Iterator[_F]: ...
def cpu_count() -> int | None: ...

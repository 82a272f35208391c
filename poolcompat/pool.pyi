import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import pool as _native_pool
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar
from typing_extensions import Self

from . import TimeoutError as _TimeoutError
from .process import BrokenProcessPool

__all__ = ('Pool', 'ThreadPool', 'AsyncResult', 'ApplyResult', 'MapResult', 'TimeoutError', 'MaybeEncodingError',
           'WorkerLostError')

_S = TypeVar('_S')
_T = TypeVar('_T')

class TimeoutError(_TimeoutError, multiprocessing.TimeoutError): ...
class WorkerLostError(BrokenProcessPool): ...

class MaybeEncodingError(Exception):
    exc: str
    value: str
    def __init__(self, exc: object, value: object) -> None: ...

# Results are made by pools alone: their constructors are not for users.
class ApplyResult(_native_pool.ApplyResult[_T]):
    def __init__(self, callbacks: Any, callback: Any, error_callback: Any) -> None: ...

AsyncResult = ApplyResult

class MapResult(ApplyResult[list[_T]]):
    def __init__(self, callbacks: Any, callback: Any, error_callback: Any, length: int, chunksize: int) -> None: ...

class IMapIterator(Iterator[_T]):
    def __init__(self, chunked: bool) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self, timeout: float | None = None) -> _T: ...
    def next(self, timeout: float | None = None) -> _T: ...

class IMapUnorderedIterator(IMapIterator[_T]): ...

class Pool(_native_pool.Pool):
    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
    ) -> None: ...
    def apply_async(
        self,
        func: Callable[..., _T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] = {},
        callback: Callable[[_T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> ApplyResult[_T]: ...
    def map_async(  # type: ignore[override]
        self,
        func: Callable[[_S], _T],
        iterable: Iterable[_S],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[_T]: ...
    def starmap_async(
        self,
        func: Callable[..., _T],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[list[_T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult[_T]: ...
    def imap(  # type: ignore[override]
        self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1
    ) -> IMapIterator[_T]: ...
    def imap_unordered(  # type: ignore[override]
        self, func: Callable[[_S], _T], iterable: Iterable[_S], chunksize: int = 1
    ) -> IMapUnorderedIterator[_T]: ...

class ThreadPool(Pool, _native_pool.ThreadPool):  # pyright: ignore[reportIncompatibleMethodOverride]
    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
    ) -> None: ...

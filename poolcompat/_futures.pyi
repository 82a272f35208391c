from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, overload
from typing_extensions import ParamSpec, Unpack

from . import Executor, Future

_P = ParamSpec('_P')
_T = TypeVar('_T')
_A = TypeVar('_A')
_B = TypeVar('_B')
_C = TypeVar('_C')
_D = TypeVar('_D')
_E = TypeVar('_E')

_Any = Iterable[Any]

class ExecutorGaps(Executor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]: ...
    # One overload for each number of iterables up to five, as of the builtin map; beyond, the items are not checked.
    @overload  # type: ignore[override]
    def map(
        self,
        fn: Callable[[_A], _T],
        *iterables: Unpack[tuple[Iterable[_A]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(
        self,
        fn: Callable[[_A, _B], _T],
        *iterables: Unpack[tuple[Iterable[_A], Iterable[_B]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(
        self,
        fn: Callable[[_A, _B, _C], _T],
        *iterables: Unpack[tuple[Iterable[_A], Iterable[_B], Iterable[_C]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(
        self,
        fn: Callable[[_A, _B, _C, _D], _T],
        *iterables: Unpack[tuple[Iterable[_A], Iterable[_B], Iterable[_C], Iterable[_D]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(
        self,
        fn: Callable[[_A, _B, _C, _D, _E], _T],
        *iterables: Unpack[tuple[Iterable[_A], Iterable[_B], Iterable[_C], Iterable[_D], Iterable[_E]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...
    @overload
    def map(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        fn: Callable[..., _T],
        *iterables: Unpack[tuple[_Any, _Any, _Any, _Any, _Any, _Any, Unpack[tuple[_Any, ...]]]],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]: ...

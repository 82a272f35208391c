from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor as _NativeThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool as BrokenThreadPool
from typing import overload
from typing_extensions import TypeVarTuple, Unpack

from ._futures import ExecutorGaps

__all__ = ('ThreadPoolExecutor', 'BrokenThreadPool')

_Ts = TypeVarTuple('_Ts')

class ThreadPoolExecutor(ExecutorGaps, _NativeThreadPoolExecutor):  # pyright: ignore[reportIncompatibleMethodOverride]
    @overload
    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = '',
        initializer: Callable[[], object] | None = None,
        initargs: tuple[()] = (),
    ) -> None: ...
    @overload
    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = '',
        *,
        initializer: Callable[[Unpack[_Ts]], object],
        initargs: tuple[Unpack[_Ts]],
    ) -> None: ...
    @overload
    def __init__(
        self,
        max_workers: int | None,
        thread_name_prefix: str,
        initializer: Callable[[Unpack[_Ts]], object],
        initargs: tuple[Unpack[_Ts]],
    ) -> None: ...

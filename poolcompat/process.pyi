from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor as _NativeProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool as _NativeBrokenProcessPool
from multiprocessing.context import BaseContext
from typing import overload
from typing_extensions import TypeVarTuple, Unpack

from ._futures import ExecutorGaps

__all__ = ('ProcessPoolExecutor', 'BrokenProcessPool')

_Ts = TypeVarTuple('_Ts')

class BrokenProcessPool(_NativeBrokenProcessPool):
    pid: int | None
    exitcode: int | None
    signal: str | None
    call: str | None

class ProcessPoolExecutor(ExecutorGaps, _NativeProcessPoolExecutor):  # pyright: ignore[reportIncompatibleMethodOverride]
    _max_workers: int

    @overload
    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: BaseContext | None = None,
        initializer: Callable[[], object] | None = None,
        initargs: tuple[()] = (),
        *,
        max_tasks_per_child: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: BaseContext | None = None,
        *,
        initializer: Callable[[Unpack[_Ts]], object],
        initargs: tuple[Unpack[_Ts]],
        max_tasks_per_child: int | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        max_workers: int | None,
        mp_context: BaseContext | None,
        initializer: Callable[[Unpack[_Ts]], object],
        initargs: tuple[Unpack[_Ts]],
        *,
        max_tasks_per_child: int | None = None,
    ) -> None: ...
    def terminate_workers(self) -> None: ...
    def kill_workers(self) -> None: ...

"""The arrays of a world as kernels see them, made of the addresses in its record.

A kernel that is given thirty arrays spends more on taking them over than on a quiet day's work, and counts references
to every one that it passes on. The record is one argument, and an array that is made of its address costs two loads;
the world keeps the array alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np import numpy_support

from twin.sim.arrays import ARRAYS, LINE_BYTES

Record = npt.NDArray[np.void]
_WORD, _BYTE = ir.IntType(64), ir.IntType(8)
WORD_BYTES = 8
FOR_WRITING, KEEP, AS_DATA = 1, 3, 1
"""What llvm.prefetch is told."""


def show(record: Record, name: str, array: npt.NDArray[Any]) -> None:
    """Let the kernels see an array, which the caller keeps alive, in a record of WORLD, (1,)."""
    dtype, axes = ARRAYS[name]
    assert (array.dtype, array.ndim, array.flags.c_contiguous) == (dtype, axes, True), f"{name} is {array.dtype}"
    record[name][0] = (array.ctypes.data, *array.shape, *(0,) * (2 - axes))


def _type_array(typing_context: Any, w: Any, name: Any) -> Any:
    """The array of that name; w: a record of WORLD."""
    if not isinstance(name, types.StringLiteral):
        return None
    dtype, axes = ARRAYS[name.literal_value]
    array = types.Array(numpy_support.from_dtype(dtype), axes, "C")
    start = w.offset(name.literal_value)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        record = builder.bitcast(args[0], _BYTE.as_pointer())

        def word(k: int) -> Any:
            place = builder.gep(record, [ir.Constant(_WORD, start + WORD_BYTES * k)])
            return builder.load(builder.bitcast(place, _WORD.as_pointer()))

        size = ir.Constant(_WORD, dtype.itemsize)
        shape = [word(1 + k) for k in range(axes)]
        strides = [size] if axes == 1 else [builder.mul(shape[1], size), size]
        first = builder.inttoptr(word(0), context.get_data_type(array.dtype).as_pointer())
        out = context.make_array(array)(context, builder)
        context.populate_array(out, data=first, shape=shape, strides=strides, itemsize=size, meminfo=None)
        return out._getvalue()

    return array(w, name), codegen


of: Any = intrinsic(prefer_literal=True)(_type_array)


def _type_prefetch(typing_context: Any, array: Any, i: Any, line: Any) -> Any:
    """Nothing; a cache line of element (or row) i of an array is on its way into the cache."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, args[0])
        stride = builder.extract_value(held.strides, 0)
        place = context.cast(builder, args[1], signature.args[1], types.intp)
        lines = context.cast(builder, args[2], signature.args[2], types.intp)
        offset = builder.add(builder.mul(place, stride), builder.mul(lines, ir.Constant(_WORD, LINE_BYTES)))
        pointer = builder.gep(builder.bitcast(held.data, _BYTE.as_pointer()), [offset])
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), flag, flag, flag])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [_BYTE.as_pointer()], kind)
        builder.call(fetch, [pointer, *(ir.Constant(flag, k) for k in (FOR_WRITING, KEEP, AS_DATA))])
        return context.get_dummy_value()

    return types.void(array, i, line), codegen


prefetch: Any = intrinsic(_type_prefetch)

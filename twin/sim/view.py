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

from twin.sim.arrays import ARRAYS

Record = npt.NDArray[np.void]
_WORD, _BYTE = ir.IntType(64), ir.IntType(8)
WORD_BYTES = 8


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


def _type_prefetch(typing_context: Any, array: Any, i: Any) -> Any:
    """Nothing; element i of a one-dimensional array, or its first two lines, is on its way into the cache."""
    record_bytes = array.dtype.size if isinstance(array.dtype, types.Record) else WORD_BYTES

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, args[0])
        base = builder.bitcast(held.data, _BYTE.as_pointer())
        i32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [_BYTE.as_pointer(), i32, i32, i32])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [_BYTE.as_pointer()], kind)
        at = builder.mul(builder.sext(args[1], _WORD) if args[1].type.width < 64 else args[1],
                         ir.Constant(_WORD, record_bytes))  # fmt: skip
        for line in range(0, min(record_bytes, 192), 64):
            place = builder.gep(base, [builder.add(at, ir.Constant(_WORD, line))])
            builder.call(fetch, [place, *(ir.Constant(i32, k) for k in (1, 3, 1))])
        return context.get_dummy_value()

    return types.void(array, i), codegen


prefetch: Any = intrinsic(_type_prefetch)

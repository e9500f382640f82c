"""Arrays that a kernel borrows from its caller, who keeps them alive: nothing counts references to them.

Counting costs two atomic operations for each array that is passed on or sliced, which in a kernel that does a little
with many arrays was two thirds of its time.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils as _cgutils
from numba.extending import intrinsic

cgutils: Any = _cgutils


def _stripped(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """An array, or a tuple of arrays, without what their references are counted in."""
    if isinstance(kind, types.Array):
        array = cgutils.create_struct_proxy(kind)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    for k, element in enumerate(getattr(kind, "types", ())):
        part = builder.extract_value(value, k)
        value = builder.insert_value(value, _stripped(context, builder, element, part), k)
    return value


def _type_borrowed(typing_context: Any, value: Any) -> Any:
    """The same array, or tuple of arrays, with no references counted; valid while the caller holds the original."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _stripped(context, builder, signature.args[0], args[0])

    return value(value), codegen


borrowed: Any = intrinsic(_type_borrowed)

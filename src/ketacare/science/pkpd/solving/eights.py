# mypy: disable-error-code="no-untyped-def, no-untyped-call, misc"
"""Eight numbers side by side in one register, for numba: what it cannot be brought to write by itself.

Its compiler packs a loop's neighbours into registers only while few arrays take part. A sum of exponentials at several
times takes part with dozens; here the sums say themselves what lies in which register. Where a processor's registers are
narrower the compiler cuts the eight into what fits.
"""

from collections.abc import Callable

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

WIDTH = 8
_VECTOR, _UNALIGNED, _LINE = ir.VectorType(ir.DoubleType(), WIDTH), 8, 64


class Eight(types.Type):
    """numba's type of eight float64."""

    def __init__(self):
        super().__init__(name="Eight")


eight = Eight()


def written_out(function: Callable[..., object]) -> Callable[..., object]:
    """Let compiled code call what writes itself into it."""
    found: Callable[..., object] = intrinsic(function)
    return found


@register_model(Eight)
class _EightModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _VECTOR)


def _place(context, builder, kind, array, index):
    """Return the address of the item with this number, counted through the whole contiguous array, as that of eight."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _named(builder, name, count):
    """Return one of the compiler's own functions of ``count`` eights."""
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * count), name)


@written_out
def load(typingctx, array, index):
    """Return eight neighbours, the first with this number counted through a contiguous array."""

    def written(context, builder, signature, given):
        return builder.load(_place(context, builder, signature.args[0], given[0], given[1]), align=_UNALIGNED)

    return eight(array, types.intp), written


@written_out
def store(typingctx, array, index, value):
    """Put eight neighbours down, the first with this number counted through a contiguous array."""

    def written(context, builder, signature, given):
        builder.store(given[2], _place(context, builder, signature.args[0], given[0], given[1]), align=_UNALIGNED)
        return context.get_dummy_value()

    return types.void(array, types.intp, eight), written


@written_out
def stream(typingctx, array, index, value):
    """As ``store``, past the caches: what is not soon read need not be brought near. The place is a multiple of 64 bytes."""

    def written(context, builder, signature, given):
        into = _place(context, builder, signature.args[0], given[0], given[1])
        put = builder.store(given[2], into, align=_LINE)
        put.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(array, types.intp, eight), written


@written_out
def fetch(typingctx, array, index):
    """Begin to bring a line of memory near, to be written to; it may lie outside the array."""

    def written(context, builder, signature, given):
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        place = builder.bitcast(_place(context, builder, signature.args[0], given[0], given[1]), byte)
        fetched = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetched, [place, number(1), number(3), number(1)])  # to write, into the nearest cache, data
        return context.get_dummy_value()

    return types.void(array, types.intp), written


@written_out
def spread(typingctx, value):
    """Return one number eight times."""

    def written(context, builder, signature, given):
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), given[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))

    return eight(types.float64), written


@written_out
def times(typingctx, one, other):
    """Return the products."""

    def written(context, builder, signature, given):
        return builder.fmul(*given)

    return eight(eight, eight), written


@written_out
def times_plus(typingctx, one, other, more):
    """Return the products with something added to them, rounded once."""

    def written(context, builder, signature, given):
        return builder.call(_named(builder, "llvm.fmuladd.v8f64", 3), given)

    return eight(eight, eight, eight), written


@written_out
def larger_size(typingctx, one, other):
    """Return the larger of each of ``one`` and the size of each of ``other``."""

    def written(context, builder, signature, given):
        sizes = builder.call(_named(builder, "llvm.fabs.v8f64", 1), [given[1]])
        return builder.select(builder.fcmp_ordered(">", sizes, given[0]), sizes, given[0])

    return eight(eight, eight), written

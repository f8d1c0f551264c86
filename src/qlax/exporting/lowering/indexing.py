"""Entries of arrays by their places."""

import numpy as np

from qlax.exporting.lowering.core import Equation, Lowering
from qlax.exporting.lowering.elementwise import apply
from qlax.exporting.program import Builder, Operand, Rows, Shape, product


def _gather(builder: Builder, equation: Equation, table: Operand, places: Operand) -> Operand:
    """Write the ways of indexing that `x[places]` and `take_along_axis` come to."""
    table, places = equation.whole(builder, table, places)
    numbers = equation.settings["dimension_numbers"]
    sizes = equation.settings["slice_sizes"]
    collapsed, mapped = tuple(numbers.collapsed_slice_dims), tuple(numbers.start_index_map)
    beside = tuple(getattr(numbers, "operand_batching_dims", ()))
    if len(mapped) != 1 or mapped != collapsed:
        raise NotImplementedError("by several places at once, or of whole slices")
    (axis,) = mapped
    extent = table.shape[axis]
    if isinstance(extent, Rows):
        raise NotImplementedError("from other observations of the batch")
    single = builder.reshape(places, places.shape[:-1])
    inside = apply(builder, "max", single, np.zeros((), single.dtype))
    inside = apply(builder, "min", inside, np.asarray(extent - 1, single.dtype))
    if any(s != table.shape[at] for at, s in enumerate(sizes) if at != axis and at not in beside):
        raise NotImplementedError("of parts of rows")
    if beside:
        return _along(builder, equation, table, inside, axis)
    shape = equation.output.shape
    rank = len(single.shape)
    made_shape = (*table.shape[:axis], *single.shape, *table.shape[axis + 1 :])
    made = builder.add("take", [table, inside], made_shape, table.dtype, axis=axis)
    # JAX says where the axes of the table go; those of the places fill what is left.
    of_table = [at for at in range(len(made_shape)) if not axis <= at < axis + rank]
    of_places = list(range(axis, axis + rank))
    wanted = tuple(numbers.offset_dims)
    order = [of_table.pop(0) if at in wanted else of_places.pop(0) for at in range(len(shape))]
    return builder.transpose(made, order)


def _along(
    builder: Builder, equation: Equation, table: Operand, places: Operand, axis: int
) -> Operand:
    """Return, row by row, the entries at each row's own places."""
    numbers, output = equation.settings["dimension_numbers"], equation.output
    beside = tuple(numbers.operand_batching_dims)
    of_places = tuple(numbers.start_indices_batching_dims)
    rest = [at for at in range(len(table.shape)) if at != axis and at not in beside]
    free = [at for at in range(len(places.shape)) if at not in of_places]
    rows: Shape = tuple(table.shape[at] for at in beside)
    kept: Shape = tuple(table.shape[at] for at in rest)
    picked: Shape = tuple(places.shape[at] for at in free)
    count = product(picked)
    table = builder.transpose(table, (*beside, *rest, axis))
    places = builder.transpose(places, (*of_places, *free))
    places = builder.reshape(places, (*rows, *[1] * len(kept), count))
    places = builder.full(places, (*rows, *kept, count))
    made: Operand = builder.add(
        "take_along", [table, places], (*rows, *kept, count), table.dtype, axis=len(table.shape) - 1
    )
    made = builder.reshape(made, (*rows, *kept, *picked))
    # The axes of what was made, in the order in which JAX has them.
    offset = tuple(numbers.offset_dims)
    from_table = [len(rows) + at for at in range(len(kept))]
    by_place = dict(zip(of_places, range(len(rows)), strict=True))
    by_place |= {at: len(rows) + len(kept) + place for place, at in enumerate(free)}
    from_places = [by_place[at] for at in range(len(of_places) + len(free))]
    order = [
        from_table.pop(0) if at in offset else from_places.pop(0) for at in range(len(output.shape))
    ]
    return builder.transpose(made, order)


LOWERINGS: dict[str, Lowering] = {"gather": _gather}

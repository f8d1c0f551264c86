"""Policies in forms that run without qlax.

`acting.py` has the policy as one function of named arrays; `tracing.py` and `lowering/` write that
as a short list of operations, `program.py`; a module or folder for each format writes these;
`agreement.py` tries what was written.
"""

from qlax.exporting.of_run import Exported, export

__all__ = ["Exported", "export"]

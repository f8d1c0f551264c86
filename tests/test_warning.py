"""Warnings point at the line that called qlax."""

import threading
import warnings

from qlax.warning import warn

INSIDE = "from qlax.warning import warn\ndef told():\n    warn('too much')\n"


def test_it_is_the_users_line_and_in_a_thread_of_qlax_the_warnings_own():
    module = {"__name__": "qlax.somewhere"}
    exec(compile(INSIDE, "somewhere.py", "exec"), module)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        module["told"]()
        thread = threading.Thread(target=module["told"])
        thread.start()
        thread.join()
        warn("of the caller", RuntimeWarning)
    files = [(str(one.message), one.category, one.filename) for one in told]
    assert files == [
        ("too much", UserWarning, __file__),
        ("too much", UserWarning, "somewhere.py"),
        ("of the caller", RuntimeWarning, __file__),
    ]

"""A signal stops the program, wherever it strikes."""

import os
import signal
import sys
import time

import pytest

from hsicli.cli.interrupts import Interrupted, Interrupts


class Strikes:
    """Where Python cannot raise: as the last of an object goes."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)


def test_a_stop_that_a_callback_swallows_is_raised_again_without_a_word(capsys):
    interrupts, before = Interrupts(), sys.unraisablehook
    interrupts.listen()
    try:
        with pytest.raises(Interrupted) as caught:
            Strikes()
            time.sleep(5)
    finally:
        interrupts.release()
    assert caught.value.exit_code == 128 + signal.SIGTERM
    assert capsys.readouterr().err == ""
    assert sys.unraisablehook is before

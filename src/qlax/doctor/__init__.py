"""Whether qlax has on this machine what it needs: what there is, how fast it is, what is odd."""

from qlax.doctor.diagnosis import Diagnosis, examined

__all__ = ["Diagnosis", "examined"]

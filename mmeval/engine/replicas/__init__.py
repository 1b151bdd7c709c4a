"""One model as many replicas: processes of this machine, or Ray's actors on any."""

from mmeval.engine.replicas.actors import Actors, check_ray
from mmeval.engine.replicas.devices import check_alone
from mmeval.engine.replicas.model import Replicas
from mmeval.engine.replicas.processes import Processes

__all__ = ["Actors", "Processes", "Replicas", "check_alone", "check_ray"]

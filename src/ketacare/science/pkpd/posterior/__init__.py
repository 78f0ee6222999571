"""One person's own parameters from measured concentrations: the population's knowledge and the measurements weighed together."""

from ketacare.science.pkpd.posterior.estimating import posterior
from ketacare.science.pkpd.posterior.measured import Observation
from ketacare.science.pkpd.posterior.result import Estimate, Fitted, Posterior

__all__ = ["Estimate", "Fitted", "Observation", "Posterior", "posterior"]

"""Making the model: labelled items → features → weights, calibrated and scored by event."""
